"""Downloads that wait for a silent server: stopped by name, or with the server, from another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from rag.errors import OllamaFailed
from rag.models import PullProgress
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script
from ui.downloads import Downloads

SILENT = Script(stop_after=2, then="stall")


@pytest.fixture
def ollama() -> Iterator[OllamaDouble]:
    with OllamaDouble(SILENT) as server:
        yield server


@pytest.mark.parametrize("end", [lambda downloads: downloads.stop("m"), lambda downloads: downloads.close()])
def test_a_download_that_waits_ends_at_once(ollama: OllamaDouble, end: Callable[[Downloads], None]) -> None:
    downloads, heard = Downloads(), []
    second = threading.Event()

    def download() -> None:
        for step in downloads.steps("m", ollama.url):
            heard.append(step)
            if len(heard) == 2:
                second.set()

    thread = threading.Thread(target=download)
    thread.start()
    assert second.wait(5)
    downloads.stop("another")
    started = time.monotonic()
    end(downloads)
    thread.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - started < 1
    assert [type(step) for step in heard] == [PullProgress, PullProgress]


def test_after_the_end_none_begins(ollama: OllamaDouble) -> None:
    downloads = Downloads()
    downloads.close()
    assert list(downloads.steps("m", ollama.url)) == []
    assert ollama.requests == []


def test_a_download_that_breaks_off_says_so(ollama: OllamaDouble) -> None:
    ollama.play(Script(stop_after=2, then="die"))
    with pytest.raises(OllamaFailed):
        list(Downloads().steps("m", ollama.url))
