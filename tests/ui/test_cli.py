"""The command line as a user meets it: in a process of its own, with the fixed places of its output."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Citewell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def starter_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the starter library, made by the command itself."""
    home = tmp_path_factory.mktemp("home")
    done = run(home, "index", "--starter", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["papers"] == 64
    return home


def run(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    return subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *arguments],
        cwd=ROOT,
        env={**clean, "CITEWELL_HOME": str(home), "HF_HUB_OFFLINE": "1", "OLLAMA_HOST": "127.0.0.1:9", **environ},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def fails(done: subprocess.CompletedProcess[str], *words: str, status: int = 1) -> None:
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_ask_prints_one_json_document(starter_home: Path) -> None:
    done = run(starter_home, "ask", "How many layers does the deepest ResNet have?", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "152" in answer["text"]
    assert answer["answerer"] == "quote"
    assert "Ollama" in answer["notice"]
    cited = answer["citations"][0]["paper"]
    assert cited["title"] == "Deep Residual Learning for Image Recognition"
    assert cited["note"] == "Summary written for Citewell"
    for citation in answer["citations"]:
        for quote in citation["quotes"]:
            assert citation["paper"]["abstract"][quote["start"] : quote["end"]] == quote["text"]


def test_ask_in_words_shows_sources_and_who_answered(starter_home: Path) -> None:
    done = run(starter_home, "ask", "What is dropout?")
    assert done.returncode == 0
    assert "[1] Dropout" in done.stdout
    assert "Answered by quoting in" in done.stdout


def test_ask_abstains_on_what_no_paper_is_about(starter_home: Path) -> None:
    done = run(starter_home, "ask", "how do I keep béchamel from going lumpy?", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert (answer["abstained"], answer["reason"], answer["citations"]) == (True, "off_topic", [])


def test_search_and_papers(starter_home: Path) -> None:
    found = json.loads(run(starter_home, "search", "low-rank adaptation", "-k", "3", "--json").stdout)["hits"]
    assert len(found) == 3
    assert found[0]["paper"]["title"].startswith("LoRA")
    assert found[0]["score"] >= found[1]["score"]
    listed = json.loads(run(starter_home, "papers", "--year", "..2012", "--json").stdout)
    assert 0 < listed["total"] == len(listed["papers"]) < 64
    assert all(paper["year"] <= 2012 for paper in listed["papers"])
    assert "64 papers" in run(starter_home, "papers").stdout


def test_an_export_is_read_back_as_the_same_library(starter_home: Path, tmp_path: Path) -> None:
    from contextlib import closing

    from index_store.catalogue import Catalogue

    exported = run(starter_home, "export").stdout
    assert len(exported.splitlines()) == 64
    file = tmp_path / "papers.jsonl"
    file.write_text(exported, "utf-8")
    assert run(tmp_path / "home", "index", str(file)).returncode == 0
    digests = []
    for home in (starter_home, tmp_path / "home"):
        with closing(Catalogue(home / "library" / "catalogue.sqlite3")) as catalogue:
            digests.append(catalogue.digest())
    assert digests[0] == digests[1]


def test_the_same_library_gives_the_same_answer_under_any_hash_seed(starter_home: Path) -> None:
    answers = []
    for seed in ("0", "4242"):
        answer = json.loads(
            run(starter_home, "ask", "Which papers make training cheaper?", "--json", PYTHONHASHSEED=seed).stdout
        )
        answers.append({key: value for key, value in answer.items() if key != "timings_ms"})
    assert answers[0] == answers[1]
    assert len(answers[0]["hits"]) == 10


def test_doctor_finds_a_sound_library(starter_home: Path) -> None:
    done = run(starter_home, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    findings = {f["part"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["catalogue"]["message"].startswith("64 papers")
    assert "No Ollama server runs" in findings["ollama"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (("ask", ""), ("question is empty",), 1),
        (("ask", "x" * 100_000), ("100,000 characters",), 1),
        (("search", " "), ("question is empty",), 1),
        (("ask", "What?", "--year", "soon"), ("--year", "not a range of years"), 2),
        (("search", "What?", "--year", "2020..2010"), ("--year", "run backwards: write 2010..2020"), 2),
        (("ask", "What is dropout?", "--answerer", "ollama"), ("No Ollama server runs", "citewell pull"), 1),
        (("ask", "What?", "--answerer", "poet"), ("Invalid value",), 2),
        (("ask",), ("Missing argument",), 2),
        (("index",), ("Name files or folders",), 2),
        (("index", "a.csv", "--rebuild"), ("do not go together",), 2),
        (("index", "--rebuild", "--rollback"), ("do not go together",), 2),
        (("index", "--rebuild", "--margin", "0.1"), ("--margin goes with --check",), 2),
        (("frobnicate",), ("No such command",), 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    starter_home: Path, arguments: tuple[str, ...], words: tuple[str, ...], status: int
) -> None:
    fails(run(starter_home, *arguments), *words, status=status)


def test_an_empty_library_names_the_command(tmp_path: Path) -> None:
    fails(run(tmp_path, "ask", "What is dropout?"), "is empty", "citewell index")


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    fails(run(tmp_path, "papers", CITEWELL_PAPRES="5"), "Unknown setting 'papres'")


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    fails(run(tmp_path / "file" / "home", "papers"), "cannot be")


def test_a_taken_port_is_named_before_anything_is_indexed(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fails(run(tmp_path, "serve", "--port", str(port)), f"Port {port}", "--port")
    assert not (tmp_path / "library" / "manifest.json").exists()


def test_good_entries_of_a_bad_file_are_indexed(tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl"
    rows = [json.dumps({"title": f"Paper {n}", "abstract": f"Fact number {n} about sums."}) for n in range(1, 4)]
    file.write_text("\n".join([rows[0], "{broken", rows[1], '{"title": "Bare"}', rows[2]]), "utf-8")
    done = run(tmp_path / "home", "index", str(file), str(tmp_path / "absent.csv"), "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["read"], report["added"], report["papers"]) == (3, 3, 3)
    assert [(Path(r["path"]).name, r["line"]) for r in report["rejected"]] == [
        ("papers.jsonl", 2),
        ("papers.jsonl", 4),
        ("absent.csv", 0),
    ]
    assert f"{file}:2: " in done.stderr


def test_a_second_writer_is_told_to_wait(starter_home: Path) -> None:
    from index_store.shelf import writing

    with writing(starter_home / "library"):
        fails(run(starter_home, "index", "--starter"), "Another process is writing")
    assert run(starter_home, "papers").returncode == 0


def test_own_papers_replace_the_starter_library(tmp_path: Path) -> None:
    assert run(tmp_path, "index", "--starter").returncode == 0
    file = tmp_path / "own.csv"
    file.write_text("title,abstract\nOwn Paper,Our own fact about sums.\n", "utf-8")
    assert json.loads(run(tmp_path, "index", str(file), "--json").stdout)["papers"] == 1


@pytest.mark.slow
def test_a_damaged_index_names_the_repair_and_is_repaired(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("title,abstract\nOwn Paper,Our own fact about sums.\n", "utf-8")
    home = tmp_path / "home"
    assert run(home, "index", str(file)).returncode == 0
    (home / "library" / "vectors" / "chroma.sqlite3").write_bytes(b"not a database")
    fails(run(home, "ask", "What about sums?"), "damaged", "citewell doctor --repair")
    done = run(home, "doctor")
    assert done.returncode == 1
    assert "BAD  vectors" in done.stdout
    mended = run(home, "doctor", "--repair")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "sums" in run(home, "ask", "What about sums?").stdout


def test_a_checked_rebuild_and_the_way_back(starter_home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    title = "Deep Residual Learning for Image Recognition"
    line = {"id": "1", "type": "fact", "question": "How deep are residual networks?", "gold": [title]}
    questions.write_text(json.dumps({**line, "answerable": True}), "utf-8")
    done = run(starter_home, "index", "--rebuild", "--check", str(questions), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["papers"] == 64
    assert document["check"] == {"questions": 1, "recall@5": {"before": 1.0, "after": 1.0}}
    assert "recall@5 of 1 questions: 1.000 before, 1.000 now." in done.stderr
    back = run(starter_home, "index", "--rollback")
    assert "is back: 64 papers" in back.stdout, back.stderr
    fails(run(starter_home, "index", "--rollback"), "no earlier state")
    fails(run(starter_home, "index", "--starter", "--check", str(questions)), "--check goes with", status=2)
