"""What a start must not load: torch and Gradio only where they are used, and no stubs written by the way."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec
from pathlib import Path

import pytest

from ui.gradio_import import _Finder

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("chromadb", "fastapi", "gradio", "llama_index", "sentence_transformers", "sklearn", "tantivy", "tokenizers"),
    *("torch", "transformers"),
)


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        ("rag", (*HEAVY, "numpy", "httpx")),
        ("rag.client", (*HEAVY, "numpy")),
        ("rag.assemble", HEAVY),
        ("ui.app, ui.server, gradio", ("mcp", "mcp_types", "torch", "transformers")),
        ("ui.cli, rag.settings, rag.types, ui.announcing, ui.asking", (*HEAVY, "numpy", "starlette", "rich")),
    ],
)
def test_an_import_loads_nothing_heavy(modules: str, never: tuple[str, ...]) -> None:
    code = f"import sys, {modules}; print([name for name in {never!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_needs_mcp_still_gets_it() -> None:
    code = "import gradio, ui.app, mcp.server; from ui.mcp_server import build_mcp; print(mcp.server.__name__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "mcp.server"


def component_meta(folder: Path, code: str) -> dict[str, object]:
    """Import a ``gradio.component_meta`` of this code, as it is found here."""
    (folder / "component_meta.py").write_text(code)
    spec = _Finder().find_spec("gradio.component_meta", [str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def test_gradio_s_stubs_are_left_out(tmp_path: Path) -> None:
    code = "def create_or_modify_pyi(component_class, name, events):\n    raise OSError\nkept = 1\n"
    found = component_meta(tmp_path, code)
    assert found["kept"] == 1
    assert found["create_or_modify_pyi"](object, "Box", []) is None  # type: ignore[operator]


def test_a_gradio_without_that_step_is_left_alone(tmp_path: Path) -> None:
    assert "create_or_modify_pyi" not in component_meta(tmp_path, "kept = 1\n")


def test_nothing_else_is_found_here(tmp_path: Path) -> None:
    assert _Finder().find_spec("gradio.components", [str(tmp_path)]) is None
    assert _Finder().find_spec("gradio.component_meta", [str(tmp_path)]) is None
