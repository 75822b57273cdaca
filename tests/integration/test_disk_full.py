"""A disk that fills up in the middle of a build: one sentence for the user, nothing broken, and the next run completes.

A limit on the size of files stands for the disk, since a test may not be allowed to mount a small one.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.doctor import examine, open_mended
from index_store.shelf import writing
from tests.integration.builder import OLD, PAPERS, entries

_BUILD = """
import resource, sys
from pathlib import Path
from index_store.errors import StorageError
from tests.integration.builder import make_steps_small, work
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
make_steps_small()
try:
    work("update", Path(sys.argv[1]))
except StorageError as exc:
    print(exc)
"""


@pytest.mark.parametrize("most_bytes", [40_000, 150_000, 300_000])
def test_a_full_disk_is_told_and_the_next_run_completes(tmp_path: Path, most_bytes: int) -> None:
    folder = tmp_path / "library"
    command = [sys.executable, "-c", _BUILD, str(folder), str(most_bytes)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, timeout=120)
    assert str(folder) in done.stdout
    assert len(done.stdout.splitlines()) == 1
    with writing(folder), closing(open_mended(folder, OLD)) as shelf:
        assert index_entries(shelf, entries(2)).papers == PAPERS
    assert [finding.message for finding in examine(folder, OLD) if not finding.ok] == []
