"""Addresses of servers in all their forms; which model is taken; downloads."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from index_store.errors import SettingsError
from rag.errors import ModelMissing, OllamaFailed, OllamaUnreachable
from rag.models import DEFAULT_MODEL, ModelInfo, PullProgress, available, choose, pull, reachable
from rag.ollama_http import parse_hosts
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Model, Script

GB = 10**9


@pytest.fixture
def server() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        yield double


@pytest.fixture
def nowhere() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("box:56789/", "http://box:56789"),
        ("http://box", "http://box:80"),
        ("https://box", "https://box:443"),
        ("https://box:1/path/", "https://box:1/path"),
        ("box/path", "http://box:11434/path"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://[::1]:8000"),
        ("::1", "http://[::1]:11434"),
        ("[fe80::1]", "http://[fe80::1]:11434"),
        (' "box" ', "http://box:11434"),
    ],
)
def test_an_address_is_read_as_ollama_reads_it(written: str, meant: str) -> None:
    assert parse_hosts(None, {"OLLAMA_HOST": written}) == (meant,)
    assert parse_hosts(written or "127.0.0.1", {"OLLAMA_HOST": "elsewhere"}) == (meant,)


def test_several_hosts_are_separated_by_commas_and_named_once() -> None:
    assert parse_hosts("a, b:1,a:11434,", {}) == ("http://a:11434", "http://b:1")


@pytest.mark.parametrize("written", ["box:port", "box:99999", "ftp://box", "two words", "http://[::1"])
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(SettingsError, match=r"Write it like 127\.0\.0\.1:11434\."):
        parse_hosts(written, {})


def test_a_server_is_reachable_or_not_within_a_moment(server: OllamaDouble, nowhere: str) -> None:
    assert reachable(server.url)
    for absent in (nowhere, nowhere.replace("http:", "https:")):
        started = time.monotonic()
        assert not reachable(absent)
        assert time.monotonic() - started < 0.3
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        started = time.monotonic()
        assert not reachable(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.1)
        assert time.monotonic() - started < 0.3
    server.play(Script(not_ollama=True))
    assert not reachable(server.url)


def test_models_are_listed_with_what_the_server_tells(server: OllamaDouble, nowhere: str) -> None:
    old = Model("old:latest", context_length=None, capabilities=None, quantization="", parameters="")
    server.play(Script(models=(Model("qwen3:8b", capabilities=("completion", "thinking")), old)))
    listed = available([nowhere, server.url])
    assert listed == [
        ModelInfo("old:latest", server.url, 2_500_000_000, "d1" * 32, family="qwen3"),
        ModelInfo(
            name="qwen3:8b",
            host=server.url,
            size=2_500_000_000,
            digest="d1" * 32,
            quantization="Q4_K_M",
            parameters="4.0B",
            family="qwen3",
            context_length=32768,
            capabilities=("completion", "thinking"),
        ),
    ]


def test_listing_fails_only_when_no_server_answers(nowhere: str) -> None:
    with pytest.raises(OllamaUnreachable, match="ollama serve"):
        available([nowhere])


def model(name: str, gigabytes: float = 3, *capabilities: str) -> ModelInfo:
    return ModelInfo(name, "http://box:1", int(gigabytes * GB), capabilities=capabilities)


@pytest.mark.parametrize(
    ("installed", "wanted", "chosen"),
    [
        ([model("llama3.2:3b"), model(DEFAULT_MODEL)], None, DEFAULT_MODEL),
        ([model("llama3.2:3b", 2), model("qwen3:8b", 5), model("big:70b", 40)], None, "qwen3:8b"),
        ([model("big:70b", 40), model("bigger:120b", 70)], None, "big:70b"),
        ([model("nomic-embed-text:latest"), model("bge-m3:latest"), model("all-minilm:l6-v2")], None, None),
        ([model("vectors:latest", 5, "embedding"), model("llama3.2:3b", 2, "completion")], None, "llama3.2:3b"),
        ([model("gpt-oss:120b-cloud", 0), model("llama3.2:3b", 2)], None, "llama3.2:3b"),
        ([], None, None),
        ([model("llama3.2:latest"), model("llama3.2:1b")], "llama3.2", "llama3.2:latest"),
        ([model("llama3.2:1b")], "llama3.2", "llama3.2:1b"),
        ([model("Qwen3:4B")], "qwen3:4b", "Qwen3:4B"),
        ([model("llama3.2:1b")], "llama3.2:3b", None),
        ([model("llama3.2:1b")], "llama3", None),
        ([model("host:5000/me/mine:latest")], "host:5000/me/mine", "host:5000/me/mine:latest"),
        ([model("gpt-oss:120b-cloud", 0)], "gpt-oss:120b-cloud", "gpt-oss:120b-cloud"),
    ],
)
def test_a_model_is_chosen(installed: list[ModelInfo], wanted: str | None, chosen: str | None) -> None:
    assert choose(installed, wanted) == chosen
    assert choose(installed[::-1], wanted) == chosen


def test_a_download_reports_bytes_by_layer(server: OllamaDouble) -> None:
    steps = list(pull("new", server.url))
    assert steps[2] == PullProgress("pulling d1d1d1", "sha256:d1d1d1", 2_500_000_000, 2_500_000_000)
    assert [step.status for step in steps][::4] == ["pulling manifest", "success"]
    assert server.requests == [("/api/pull", {"model": "new", "stream": True, "insecure": False})]


def test_a_download_that_breaks_off_names_the_command_that_goes_on(server: OllamaDouble) -> None:
    server.play(Script(stop_after=2))
    with pytest.raises(OllamaFailed, match="Go on with: citewell pull new"):
        list(pull("new", server.url))


def test_a_download_of_an_unknown_name_says_where_the_names_are(server: OllamaDouble) -> None:
    server.play(
        Script(pull_steps=({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}))
    )
    with pytest.raises(ModelMissing, match=r"no model nowt\. See https://ollama\.com/library"):
        list(pull("nowt", server.url))


def test_closing_a_download_stops_it(server: OllamaDouble) -> None:
    server.play(Script(stop_after=1, then="stall"))
    steps = pull("new", server.url)
    next(steps)
    assert server.streams_open == 1
    steps.close()
    server.wait_until_idle(1)
