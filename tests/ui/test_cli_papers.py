"""``citewell papers`` and ``citewell export``: other formats, removing and bringing back."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import bibtexparser
import pytest
import rispy

from ui.cli import main


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    returncode: int


def run(home: Path, *arguments: str) -> Done:
    """Run the command in this process: its own tests (``test_cli``) start it as a user does."""
    stdout, stderr, status = io.TextIOWrapper(io.BytesIO(), "utf-8", newline=""), io.StringIO(), 0
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            main(["--home", str(home), *arguments])
        except SystemExit as exc:
            status = int(exc.code or 0)
    stdout.flush()
    return Done(stdout.buffer.getvalue().decode(), stderr.getvalue(), status)  # type: ignore[attr-defined]


def fails(done: Done, *words: str, status: int = 1) -> None:
    assert (done.returncode, done.stdout) == (status, "")
    for word in words:
        assert word in done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    papers = [
        {
            "title": "Rye bread",
            "abstract": "Rye dough rises. Warm water helps.",
            "authors": ["Ada Quill"],
            "year": 2020,
        },
        {"title": "Frogs & herons", "abstract": "Frogs sing. Herons hunt.", "authors": ["Ben Ode"], "year": 2021},
    ]
    (home / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)), "utf-8")
    assert run(home, "index", str(home / "papers.jsonl"), "--collection", "food").returncode == 0
    return home


def ids(home: Path) -> dict[str, str]:
    return {paper["title"]: paper["id"] for paper in json.loads(run(home, "papers", "--json").stdout)["papers"]}


def test_every_format_is_read_back(home: Path) -> None:
    def export(name: str, *more: str) -> str:
        done = run(home, "export", "--format", name, *more)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert [entry.key for entry in bibtexparser.parse_string(export("bibtex")).entries] == [
        "ode2021frogs",
        "quill2020rye",
    ]
    assert [entry["title"] for entry in rispy.loads(export("ris"))] == ["Frogs & herons", "Rye bread"]
    assert [item["id"] for item in json.loads(export("csl-json"))] == ["ode2021frogs", "quill2020rye"]
    assert [row["year"] for row in csv.DictReader(io.StringIO(export("csv")))] == ["2021", "2020"]
    assert [json.loads(line)["title"] for line in export("jsonl").splitlines()] == ["Frogs & herons", "Rye bread"]
    assert export("jsonl") == run(home, "export").stdout


def test_an_export_is_narrowed(home: Path) -> None:
    def titles(*options: str) -> list[str]:
        return [json.loads(line)["title"] for line in run(home, "export", *options).stdout.splitlines()]

    assert titles("--query", "quill") == ["Rye bread"]
    assert titles("--year", "2021..") == ["Frogs & herons"]
    assert titles("--collection", "none") == []
    assert titles("--collection", "food", "--year", "..2020") == ["Rye bread"]


@pytest.mark.parametrize("command", [("papers",), ("papers", "--json"), ("export",), ("search", "frogs")])
def test_a_scope_that_holds_no_paper_is_said(home: Path, command: tuple[str, ...]) -> None:
    nowhere = run(home, *command, "--collection", "Food", "--year", "2030..")
    assert (nowhere.returncode, "Frogs" in nowhere.stdout) == (0, False)
    assert "No paper of your library is in “Food” from 2030" in nowhere.stderr
    assert run(home, *command, "--collection", "food").stderr == ""


def test_a_query_that_finds_nothing_says_nothing_of_the_scope(home: Path) -> None:
    done = run(home, "export", "--collection", "food", "--query", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unknown_format_is_wrong_usage(home: Path) -> None:
    fails(run(home, "export", "--format", "word"), "'jsonl', 'bibtex', 'ris', 'csl-json', 'csv'", status=2)


def test_a_paper_is_removed_listed_and_brought_back(home: Path) -> None:
    bread = ids(home)["Rye bread"]
    done = run(home, "papers", "--remove", bread)
    assert done.returncode == 0, done.stderr
    assert bread in done.stdout
    assert "citewell papers --restore ID" in done.stdout
    assert list(ids(home)) == ["Frogs & herons"]
    again = run(home, "index", str(home / "papers.jsonl"), "--json")
    assert json.loads(again.stdout) | {"seconds": 0} == {
        **dict.fromkeys(("added", "updated", "merged", "seconds"), 0),
        **{"read": 2, "unchanged": 2, "rejected": [], "papers": 1, "passages": 1},
    }
    assert json.loads(run(home, "doctor", "--json").stdout)["findings"][0]["message"].startswith("1 paper in 1 passage")
    removed = json.loads(run(home, "papers", "--removed", "--json").stdout)["papers"]
    assert [(paper["id"], paper["title"]) for paper in removed] == [(bread, "Rye bread")]
    back = json.loads(run(home, "papers", "--restore", bread, "--json").stdout)
    assert [paper["id"] for paper in back["papers"]] == [bread]
    assert sorted(ids(home)) == ["Frogs & herons", "Rye bread"]
    assert run(home, "papers", "--removed").stdout == "No paper was removed.\n"


def test_an_unknown_id_changes_nothing(home: Path) -> None:
    frogs = ids(home)["Frogs & herons"]
    fails(run(home, "papers", "--remove", frogs, "--remove", "nothing"), "'nothing'", "citewell papers --json")
    fails(run(home, "papers", "--restore", frogs), f"'{frogs}'", "citewell papers --removed --json")
    assert len(ids(home)) == 2


def test_one_change_at_a_time(home: Path) -> None:
    fails(run(home, "papers", "--remove", "x", "--removed"), "Give one of", status=2)


def write_twice(folder: Path) -> list[str]:
    """Two files that both have the frogs; gives their paths."""
    frogs = {"title": "Frogs & herons", "abstract": "Frogs sing at dusk. Herons hunt them.", "doi": "10.1000/frogs"}
    rye = {"title": "Rye bread", "abstract": "Rye dough rises. Warm water helps."}
    for name, papers in {"a.jsonl": [frogs, rye], "b.jsonl": [frogs | {"year": 2021}]}.items():
        (folder / name).write_text("\n".join(map(json.dumps, papers)), "utf-8")
    return [str(folder / "a.jsonl"), str(folder / "b.jsonl")]


PLACES = ("a.jsonl:1", "a.jsonl:2", "b.jsonl:1")


def titles(home: Path) -> list[str]:
    return [paper["title"] for paper in json.loads(run(home, "papers", "--json").stdout)["papers"]]


def test_what_was_merged_is_parted_by_hand_and_that_is_taken_back(tmp_path: Path) -> None:
    files, home = write_twice(tmp_path), tmp_path / "home"
    assert run(home, "index", *files).returncode == 0
    assert titles(home) == ["Frogs & herons", "Rye bread"]
    done = run(home, "papers", "split", "doi:10.1000/frogs", "--source", "b.jsonl")
    assert (done.returncode, "2 papers now:" in done.stdout, "citewell papers undo" in done.stderr) == (0, True, True)
    run(home, "index", *files)
    assert titles(home) == ["Frogs & herons", "Frogs & herons", "Rye bread"]
    assert "One paper now:" in run(home, "papers", "undo").stdout
    ids = [paper["id"] for paper in json.loads(run(home, "papers", "--json").stdout)["papers"]]
    merged = run(home, "papers", "merge", *ids).stdout
    assert all(place in merged for place in PLACES)
    assert len(titles(home)) == 1
    fails(run(home, "papers", "split", "nobody"), "holds no paper nobody")


@pytest.mark.slow
def test_papers_of_a_file_that_is_gone_are_named_and_removed_when_asked(tmp_path: Path) -> None:
    (first, second), home = write_twice(tmp_path), tmp_path / "home"
    run(home, "index", first, second)
    Path(first).write_text("".join(Path(first).read_text().splitlines(keepends=True)[:1]))
    done = run(home, "index", first, "--json")
    assert [paper["title"] for paper in json.loads(done.stdout)["gone"]] == ["Rye bread"]
    assert "1 paper came only from what is no longer there" in done.stderr
    assert f"Rye bread  ({first}:2)" in done.stderr
    assert "--remove-gone" in done.stderr
    done = run(home, "index", first, "--remove-gone")
    assert (done.returncode, "Removed 1 paper" in done.stderr) == (0, True)
    assert "The library holds 1 paper in 1 passage." in done.stdout
    assert titles(home) == ["Frogs & herons"]
    fails(run(home, "index", "--starter", "--remove-gone"), "goes with files or folders", status=2)


def test_a_backup_is_restored_with_its_indexes_made_again(home: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "b.tar.gz", tmp_path / "new"
    assert "files" in run(home, "backup", str(file)).stdout
    assert "is back" in run(new, "restore", str(file)).stdout
    assert titles(new) == titles(home)
    assert "Frogs" in run(new, "search", "frogs").stdout.splitlines()[0]
    fails(run(new, "restore", str(file)), "--force")
    forced = run(new, "restore", str(file), "--force")
    assert (forced.returncode, "replaced-" in forced.stderr) == (0, True)
    file.write_bytes(file.read_bytes()[:200])
    fails(run(new, "restore", str(file), "--force"), "damaged", "nothing was restored")
    assert titles(new) == titles(home)
