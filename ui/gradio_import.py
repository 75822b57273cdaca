"""What Gradio does by the way when it is imported, and is left out here: more than half of the time that takes.

For every component class that is defined, Gradio 6 parses the class's source and writes its events into a stub file
beside it, for editors, on each import of the library.  Nothing of a running program reads those.  Besides the time, a
server that starts would write into the installed packages, where another may be reading.  And where MCP's SDK is
installed, Gradio imports it for a server of its own, which Citewell does not use.  Where Gradio no longer has these
steps, nothing happens here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_STUBS, _STEP = "gradio.component_meta", "create_or_modify_pyi"
_MCP, _SDK = "gradio.mcp", "mcp"


def leave_out() -> None:
    """Have Gradio leave those steps out, if it is not imported yet."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find those modules of Gradio's, and nothing else."""
        loader = {_STUBS: _WithoutStubs, _MCP: _WithoutSdk}.get(fullname)
        if loader is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = loader(spec.loader.name, spec.loader.path)
        return spec


class _WithoutStubs(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, _STEP):
            setattr(module, _STEP, _nothing)


class _WithoutSdk(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        if _SDK in sys.modules:
            super().exec_module(module)
            return
        sys.modules[_SDK] = None  # type: ignore[assignment]  # None: there is no such module
        try:
            super().exec_module(module)
        finally:
            del sys.modules[_SDK]


def _nothing(*_: object) -> None:
    """Write no stub."""
