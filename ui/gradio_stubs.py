"""Gradio's type stubs are left as they are: an import of it takes 1.5 s of processor time in place of 2.6 s.

For every component class that is defined, Gradio 6 parses the class's source and writes its events into a stub file
beside it, for editors, on each import of the library.  Nothing of a running program reads those.  Besides the time, a
server that starts would write into the installed packages, where another may be reading.  Where Gradio no longer has
this step, nothing happens here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_MODULE, _STEP = "gradio.component_meta", "create_or_modify_pyi"


def leave_out() -> None:
    """Have Gradio leave that step out, if it is not imported yet."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find that one module of Gradio's, and nothing else."""
        if fullname != _MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, _STEP):
            setattr(module, _STEP, _nothing)


def _nothing(*_: object) -> None:
    """Write no stub."""
