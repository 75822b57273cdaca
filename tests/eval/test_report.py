"""The page and the Markdown: everything is in them, nothing is fetched, nobody's markup runs."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.document import question_document
from eval.errors import ResultsUnusable
from eval.failures import worst
from eval.plots import Mark, interval_plot
from eval.questions import QuestionSet
from eval.report import html, markdown
from eval.results import default_folder, load, prepare, set_names, stamp, store, without_texts
from eval.run import Choice, Run
from eval.text import questions as as_text
from index_store.errors import StorageError
from index_store.types import Rejection
from rag.settings import Settings
from tests.eval.fake_assistant import ALPHA, BETA, FakeLibrary
from tests.eval.test_summary import ROWS, row

NASTY = "<script>alert(1)</script> | *wrong* 0.9"


def made(rows: Any = (), rejected: tuple[Rejection, ...] = ()) -> Any:
    settings = Settings(
        Path("/somewhere/private"), ollama_host="secret.example:1", contact="secret@x.org", openalex_key="secret"
    )
    stamped = stamp("questions", "mine", FakeLibrary().status(), settings)
    sets = [QuestionSet(Path("mine.jsonl"), ())]
    return question_document(stamped, sets, Choice(), Run(tuple(rows), rejected), None)


@pytest.fixture
def document() -> Any:
    return made([*ROWS, row(NASTY, facts=(("45",),))], (Rejection(Path("/private/mine.jsonl"), 3, "is <wrong>"),))


class Outside(HTMLParser):
    """Collects tags, and every attribute that could fetch something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [name for name, _ in attrs if name in ("src", "href", "srcset", "data", "action")]


def test_the_page_asks_the_network_for_nothing_and_runs_nothing(document: Any) -> None:
    page = html(document)
    seen = Outside(page)
    assert seen.fetched == []
    assert not seen.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?:", page)
    assert "&lt;script&gt;alert(1)" in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_shows_metrics_plots_stamp_and_failures(document: Any) -> None:
    page = html(document)
    assert page.count("<svg") == 6 + 3
    for expected in (
        "digest-of-fake",
        "Recall@1",
        "no such questions",
        "threshold in force",
        "mine.jsonl:3: is &lt;wrong",
    ):
        assert expected in page, expected
    assert "the right paper came at rank 2" in page
    assert "not stated: 45" in page


def test_the_markdown_keeps_its_tables_whole(document: Any) -> None:
    text = markdown(document)
    tables = [line for line in text.splitlines() if line.startswith("|")]
    by_type = [line for line in tables if line.count("|") == 6]  # a name and four types of question
    overall = [line for line in tables if line.count("|") == 4]  # a name, a value, an interval
    assert len(by_type) + len(overall) == len(tables)
    assert len(by_type) > 10
    assert "\\| *wrong*" in text
    assert "- Right paper: Alpha: Counting Sheep (rank 2)" in text


def test_nothing_to_show_is_said() -> None:
    empty = made()
    assert "no such questions" in html(empty)
    assert "None." in html(empty)
    assert "no such questions" in markdown(empty)
    assert as_text(empty).count("no such questions") > 20
    assert not re.search(r"\bnan\b", as_text(empty) + markdown(empty), re.IGNORECASE)


def test_the_text_has_a_line_for_each_type(document: Any) -> None:
    text = as_text(document)
    assert re.search(r"^fact +3 +0\.333", text, re.MULTILINE)
    assert re.search(r"^multi +0  no such questions", text, re.MULTILINE)
    assert re.search(r"^Abstention recall, off +1\.000  \[1\.000, 1\.000\]", text, re.MULTILINE)
    assert "total 4.0 / 4.0" in text


def test_the_worst_failure_comes_first(document: Any) -> None:
    found = worst(document)
    # refused and at rank 3; then a wrong paper cited with its fact missing; then an answer to a near question
    assert [failure.key for failure in found] == ["set/alpha lost 0.4", "set/alpha 0.6", f"set/{NASTY}"]
    assert found[0].reasons == (
        "refused, although an abstract here answers it",
        "the right paper came at rank 3",
    )
    assert found[1].reasons == ("answered, although no abstract here says",)
    assert found[1].badness == pytest.approx(0.5 + 0.45 * 0.6 + 0.01)
    assert found[2].gold == ((ALPHA.title, 2),)
    assert [is_gold for _, is_gold in found[2].retrieved] == [False, True]
    assert len(worst(document, 1)) == 1


def test_papers_that_are_missing_are_said_so() -> None:
    lost = row("alpha", "multi", (ALPHA.title, BETA.title, "Omega"))
    (failure,) = worst(made([lost]))
    assert failure.reasons == ("only 67% of the right papers are among the first 10",)
    assert failure.gold == ((ALPHA.title, 1), (BETA.title, 2), ("Omega", None))


def test_a_plot_says_where_there_was_nothing() -> None:
    svg = str(interval_plot([Mark("a<b", 0.5, 0.25, 0.75), Mark("none", None)]))
    assert "a&lt;b: 0.500, 95% interval 0.250 to 0.750" in svg
    assert "a<b" not in svg
    assert svg.count("<circle") == 1
    assert ">no such questions<" in svg


def test_the_stamp_names_the_measurement_and_not_the_machine(document: Any) -> None:
    text = json.dumps(document)
    assert document["library"] == {"digest": "digest-of-fake", "papers": 4, "passages": 4, "embedder": "fake"}
    assert document["settings"]["papers"] == 6
    assert "private" not in text
    assert "secret" not in text


def test_what_is_stored_is_read_back(document: Any, tmp_path: Path) -> None:
    first = store(document, tmp_path, {"html": "page", "md": "text"})
    second = store(document, tmp_path, {})
    assert [path.suffix for path in first] == [".json", ".html", ".md"]
    assert re.fullmatch(r"mine-\d{8}T\d{6}\.json", first[0].name)
    assert second[0].name == first[0].stem + "-2.json"
    assert load(first[0]) == json.loads(json.dumps(document))
    assert len(list(tmp_path.iterdir())) == 4  # and nothing half written


def test_half_a_character_is_kept_as_json_writes_it(document: Any, tmp_path: Path) -> None:
    paths = store({**document, "rejected": ["\ud800.jsonl"]}, tmp_path, {"md": "\ud800"})
    assert load(paths[0])["rejected"] == ["\ud800.jsonl"]
    assert paths[1].read_text("utf-8") == "\\ud800"


def test_texts_can_be_left_out(document: Any) -> None:
    bare = without_texts(document)
    assert document["rows"][0]["text"]
    assert {row["text"] for row in bare["rows"]} == {""}
    assert "Alpha counts" not in html(bare)
    assert bare["rows"][0]["measured"] == document["rows"][0]["measured"]


@pytest.mark.parametrize("content", ["{", "[]", '{"rows": []}', '{"format": 1, "rows": [{"key": 1}]}', "[" * 100_000])
def test_other_files_are_no_results(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, "utf-8")
    with pytest.raises(ResultsUnusable, match=r"other\.json: is no"):
        load(path)
    with pytest.raises(ResultsUnusable, match="cannot be read"):
        load(tmp_path / "absent.json")


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"made_at": 5},
        {"library": "digest"},
        {"settings": []},
        {"rows": [{"key": "a", "measured": {"recall@1": "much"}}]},
        {"rows": [{"key": "a", "measured": {}, "question": []}]},
    ],
)
def test_a_result_that_lacks_a_part_is_none(document: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**document, **change}), "utf-8")
    with pytest.raises(ResultsUnusable) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: is no result of `citewell eval`. Name a .json file that")


def test_a_folder_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Choose another folder with --out"):
        prepare(tmp_path / "file" / "below")


def test_results_lie_beside_the_source_of_a_checkout(tmp_path: Path) -> None:
    assert default_folder(tmp_path) == Path(__file__).parents[2] / "eval" / "results"


def test_a_run_is_named_by_what_was_chosen() -> None:
    assert set_names(["starter", "seeds"], "all", ()) == "starter+seeds"
    assert set_names(["seeds"], "test", ("fact", "near")) == "seeds-test-fact-near"


def test_many_sets_make_a_name_that_a_file_can_have(document: Any, tmp_path: Path) -> None:
    many = [f"set-{number}-{'ü' * 60}" for number in range(16)]
    assert set_names(many, "dev", ("fact", "fact")) == f"{many[0]}+15-dev-fact"
    cut = set_names(["ü" * 120], "test", ())
    assert cut == "ü" * 97 + "-test"
    [path] = store({**document, "name": cut}, tmp_path, {})
    assert load(path)["name"] == cut


def test_no_plot_is_drawn_at_half_its_size_on_a_telephone(document: Any) -> None:
    widths = re.findall(r'viewBox="0 0 (\d+) ', html(document))
    assert len(widths) == 9
    assert all(324 / int(width) > 0.6 for width in widths)  # what a figure leaves of 390 px
