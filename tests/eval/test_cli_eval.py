"""``citewell eval`` as a user meets it: exit status, what goes where, the fake assistant behind it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

import rag.assemble
from index_store import starter
from index_store.build import index_entries
from index_store.shelf import open_shelf, writing
from rag.settings import Settings
from rag.types import Answer, Request
from tests.eval.fake_assistant import ALPHA, BETA, FakeAssistant
from tests.eval.test_beir import CORPUS, QRELS, QUERIES, WORDS
from tests.eval.test_collection import make
from tests.fakes import FakeEmbedder
from ui.cli import main


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The composition root gives the fakes; everything behind the command is real."""

    def assemble(settings: Settings) -> FakeAssistant:
        return FakeAssistant()

    def open_embedder(settings: Settings) -> FakeEmbedder:
        return FakeEmbedder(WORDS)

    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setattr(rag.assemble, "assemble", assemble)
    monkeypatch.setattr(rag.assemble, "open_embedder", open_embedder)


def citewell(home: Path, *arguments: object, status: int = 0) -> None:
    """Run the command and check its exit status; what it said is for ``capsys``."""
    try:
        main(["--home", str(home / "home"), "eval", *map(str, arguments)])
        ended: Any = 0
    except SystemExit as exc:
        ended = exc.code
    assert ended == status


def write(path: Path, *lines: dict[str, Any]) -> Path:
    base = {"type": "fact", "gold": [ALPHA.title], "answerable": True, "facts": [["45"]]}
    path.write_text("".join(json.dumps({"id": str(n), **base, **line}) + "\n" for n, line in enumerate(lines)), "utf-8")
    return path


GOOD = ({"question": "alpha?"}, {"question": "beta?", "gold": [BETA.title], "facts": [["8 hours"]], "type": "named"})


def test_questions_print_one_document_and_keep_it_with_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "mine.jsonl", *GOOD)
    citewell(tmp_path, "questions", path, "--json", "--out", tmp_path / "out")
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["overall"]["recall@1"] == document["overall"]["fact_recall"] == 1
    assert document["by_type"]["named"]["citation_precision"] == 1
    assert document["overall"]["abstention_recall"] is None
    assert set(document["ms"]) == {"search", "answer", "total"}
    kept = sorted((tmp_path / "out").iterdir())
    assert [file.suffix for file in kept] == [".html", ".json", ".md"]
    assert json.loads(kept[1].read_text("utf-8")) == document
    assert kept[1].name in said.err


def test_a_result_that_cannot_be_kept_is_printed_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    ask = FakeAssistant.ask

    def fill(self: FakeAssistant, request: Request) -> Answer:
        if out.is_dir():  # what was a folder when the run began is none when it ends
            out.rmdir()
            out.touch()
        return ask(self, request)

    monkeypatch.setattr(FakeAssistant, "ask", fill)
    path = write(tmp_path / "mine.jsonl", *GOOD)
    citewell(tmp_path, "questions", path, "--json", "--out", out, status=1)
    said = capsys.readouterr()
    assert json.loads(said.out)["overall"]["questions"] == 2
    assert ".json cannot be written: Not a directory" in said.err


def test_a_result_that_nobody_reads_to_the_end_is_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.TextIOWrapper):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with (tmp_path / "pipe").open("wb") as pipe:
        monkeypatch.setattr("sys.stdout", Gone(pipe))
        path = write(tmp_path / "mine.jsonl", *GOOD)
        citewell(tmp_path, "questions", path, "--out", tmp_path / "out", status=1)
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_nothing_to_ask_is_one_sentence_and_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "mine.jsonl", *GOOD)
    citewell(tmp_path, "questions", path, "--split", "dev", "--out", tmp_path / "out", status=1)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Of 2 questions none is of split dev." in said.err
    assert list((tmp_path / "out").iterdir()) == []


def test_questions_print_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "mine.jsonl", *GOOD)
    citewell(tmp_path, "questions", path, "--out", tmp_path / "out", "--type", "fact")
    out = capsys.readouterr().out
    assert "mine-fact: 1 question\n" in out
    assert "named         0  no such questions" in out


def test_a_bad_line_is_named_the_rest_is_asked_and_the_status_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "mine.jsonl", *GOOD, {"question": "omega?", "gold": ["Omega"]}, {"type": "odd"})
    citewell(tmp_path, "questions", path, "--json", "--out", tmp_path / "out", status=1)
    said = capsys.readouterr()
    assert json.loads(said.out)["overall"]["questions"] == 2
    assert f"{path}:3: not in the library: “Omega”" in said.err
    assert f"{path}:4: lacks the field question" in said.err
    assert "2 lines left out; 2 asked all the same." in said.err


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["questions", "absent.jsonl"], 1, "absent.jsonl: cannot be read"),
        (["questions"], 1, "Run `citewell index --starter`"),
        (["questions", "x.jsonl", "--type", "odd"], 2, "'odd' is none of fact, concept"),
        (["questions", "x.jsonl", "--split", "train"], 2, "'train' is not one of"),
        (["questions", "x.jsonl", "--judge", "auto"], 1, "127.0.0.1:9"),
        (["beir", "absent"], 1, "absent: no such folder"),
        (["compare", "a.json", "b.json"], 1, "a.json: cannot be read"),
        (["draft"], 1, "is empty. Run `citewell index FILE...` first."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, sentence: str
) -> None:
    out = ["--out", tmp_path / "out"] if arguments[0] in ("questions", "beir") else []
    citewell(tmp_path, *arguments, *out, status=status)
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_texts_can_be_kept_out_of_what_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "mine.jsonl", {"question": "wrong?"})
    citewell(tmp_path, "questions", path, "--no-texts", "--out", tmp_path / "out")
    assert capsys.readouterr().out
    assert all("shines at night" not in file.read_text("utf-8") for file in (tmp_path / "out").iterdir())


def test_beir_prints_the_figures_and_keeps_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    folder = make(tmp_path / "set", CORPUS, QUERIES, QRELS)
    citewell(tmp_path, "beir", folder, "--json", "--out", tmp_path / "out")
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["queries"], document["documents"]) == (3, 4)
    assert document["recall@100"] == pytest.approx(2 / 3)
    assert f"{folder}/qrels.tsv:4: judges the unknown document 'd9'\nThey count as trec_eval counts them." in said.err
    citewell(tmp_path, "beir", folder, "--out", tmp_path / "out")
    assert "3 queries, 4 documents" in capsys.readouterr().out
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_beir_leaves_out_the_texts_of_others_when_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    folder = make(tmp_path / "set", CORPUS, QUERIES, QRELS)
    citewell(tmp_path, "beir", folder, "--no-texts", "--out", tmp_path / "out")
    capsys.readouterr()
    kept = json.loads(next((tmp_path / "out").glob("*.json")).read_text("utf-8"))
    assert kept["titles"] == {}
    assert {row["question"] for row in kept["rows"]} == {""}
    assert kept["ndcg@10"] > 0


def test_beir_with_a_bad_line_goes_on_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    folder = make(tmp_path / "set", [*CORPUS, "{"], QUERIES, QRELS)
    citewell(tmp_path, "beir", folder, "--json", "--out", tmp_path / "out", status=1)
    said = capsys.readouterr()
    assert json.loads(said.out)["queries"] == 3
    assert "1 line left out; the rest was measured all the same." in said.err


def test_compare_tells_and_fails_when_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for name, words in (("good", "alpha"), ("bad", "alpha")):
        path = write(tmp_path / "mine.jsonl", *({"question": f"{words} {n}?"} for n in range(8)))
        citewell(tmp_path, "questions", path, "--json", "--out", tmp_path / "out")
        document = json.loads(capsys.readouterr().out)
        if name == "bad":
            for row in document["rows"]:
                row["measured"]["fact_recall"] = 0.0
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(document), "utf-8")
    good, bad = paths
    citewell(tmp_path, "compare", good, bad)
    assert "Significantly worse (p < 0.05): Fact recall." in capsys.readouterr().out
    citewell(tmp_path, "compare", good, bad, "--fail-if-worse", "--json", status=1)
    assert json.loads(capsys.readouterr().out)["significantly_worse"] == ["fact_recall"]
    citewell(tmp_path, "compare", bad, good, "--fail-if-worse")


def test_drafts_come_from_the_library_and_never_replace_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Settings(home=tmp_path / "home").library
    with writing(library):
        shelf = open_shelf(library, FakeEmbedder(WORDS))
        index_entries(shelf, starter.entries())
        shelf.close()
    out = tmp_path / "draft.jsonl"
    citewell(tmp_path, "draft", "-n", 7, "--out", out)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(lines) == 7
    assert all(line["draft"] and line["gold"] for line in lines)
    assert "7 drafts from 64 papers" in capsys.readouterr().err
    before = out.read_bytes()
    citewell(tmp_path, "draft", "--out", out, status=1)
    assert out.read_bytes() == before
    assert "is there already" in capsys.readouterr().err
    citewell(tmp_path, "draft", "-n", 2)
    assert len(capsys.readouterr().out.splitlines()) == 2
