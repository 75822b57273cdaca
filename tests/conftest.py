"""What every test can count on: no network, no downloads, and the seed documents where they are at hand."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # before any library reads it

import pytest

_LOOPBACK = ("127.", "::1", "localhost")


def _stay_on_this_machine(event: str, args: tuple[Any, ...]) -> None:
    """Refuse connections that leave the machine; local servers under test stay reachable."""
    if event != "socket.connect":
        return
    connecting, address = args
    if connecting.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):
        raise RuntimeError(f"a test tried to reach {address[0]}: tests run without a network")


# A hook of the interpreter (PEP 578), not a fixture: it also sees what fixtures and threads of libraries do, and no
# plugin can put the original function back.
sys.addaudithook(_stay_on_this_machine)


@pytest.fixture(scope="session")
def seeds() -> list[Path]:
    """The seed documents by name, from CITEWELL_SEEDS or ../shared/seeds beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "seeds"
    folder = Path(os.environ.get("CITEWELL_SEEDS", beside))
    found = sorted(folder.glob("*.txt"))
    if not found:
        pytest.skip(f"no seed documents in {folder}; set CITEWELL_SEEDS to their folder")
    return found
