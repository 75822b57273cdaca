"""A receipt asked again: the same messages and options over HTTP, and what is not as it was."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import InputError
from rag.assemble import assemble
from rag.assistant import Assistant
from rag.errors import ModelMissing, OllamaUnreachable
from rag.replay import Replay, read_receipt, replay
from rag.settings import Settings
from rag.types import Answer, Request, Turn
from tests.integration.served import ADDERS, QUESTION, SHIFTERS, TEXT, make_home
from tests.ollama_double import OllamaDouble
from tests.ollama_reading import NAME
from tests.ollama_script import Failure, Model, Script
from ui.cli import main
from ui.indexing import index_into

HISTORY = (Turn("user", "What are adders?"), Turn("assistant", "They replace multipliers [1]."))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("replay"))


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(text=TEXT)) as running:
        yield running


@pytest.fixture
def assistant(home: Path, double: OllamaDouble) -> Iterator[Assistant]:
    opened = assemble(Settings(home=home, ollama_host=double.url))
    yield opened
    opened.close()


def again(assistant: Assistant, document: Any) -> Replay:
    return replay(assistant, read_receipt(json.dumps(document), "answer.json"))


def test_the_receipt_holds_all_that_was_sent(assistant: Assistant, double: OllamaDouble) -> None:
    receipt = assistant.ask(Request(QUESTION, HISTORY)).to_dict()["receipt"]
    (chat,) = double.chats
    assert receipt["messages"] == [{"role": m["role"], "content": m["content"]} for m in chat["messages"]]
    assert receipt["options"] == chat["options"]
    assert (receipt["model"], receipt["model_digest"]) == (NAME, "d1" * 32)
    assert receipt["library_digest"] == assistant.library.status().digest
    assert receipt["request"]["question"] == QUESTION
    assert receipt["request"]["history"][0] == {"role": "user", "content": "What are adders?"}
    titles = {source["number"]: assistant.library.paper(source["paper_id"]) for source in receipt["sources"]}
    assert {number: paper.title for number, paper in titles.items() if paper} == {
        1: "Cheap Adders for Matrix Products",
        2: "Shifters Without Gates",
    }
    assert next(ADDERS[start:end] for start, end in receipt["sources"][0]["sentences"]).startswith("Adders replace")
    assert receipt["tokens"]["prompt"] == 900
    assert receipt["tokens"]["estimated"] > 300


@pytest.mark.parametrize("whole", [True, False])
def test_a_model_is_sent_the_same_again(assistant: Assistant, double: OllamaDouble, whole: bool) -> None:
    document = assistant.ask(Request(QUESTION, HISTORY)).to_dict()
    told = again(assistant, document if whole else document["receipt"])
    first, second = double.chats
    assert first == second
    assert told.differences == ()
    assert told.same_text is (True if whole else None)
    assert told.answer.text == TEXT
    cited = [(c.number, c.paper.id, c.quotes) for c in told.answer.citations]
    assert cited == [(c.number, c.paper.id, c.quotes) for c in Answer.from_dict(document).citations]
    assert [claim.support for claim in told.answer.claims] == ["supported", "supported"]
    assert told.answer.receipt["messages"] == document["receipt"]["messages"]


def test_an_answer_asked_again_can_be_asked_again(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(text="Adders save 90% of the energy. So says [9]."))
    first = assistant.ask(Request(QUESTION, HISTORY))
    second = again(assistant, first.to_dict()).answer
    third = again(assistant, second.to_dict()).answer
    assert first.receipt["attributed"] == [0]
    for later in (second, third):
        assert (later.text, later.claims, later.citations) == (first.text, first.claims, first.citations)
        assert later.invented_markers == ("[9]",)
        same = ("sources", "dropped_sentences", "dropped_turns", "attributed", "messages")
        assert {key: later.receipt[key] for key in same} == {key: first.receipt[key] for key in same}


def test_papers_that_disagree_do_so_when_asked_again(tmp_path: Path, double: OllamaDouble) -> None:
    denied = "Adders do not save energy in a matrix product."
    home = make_home(tmp_path, f"title,abstract\nOne,Adders save energy in a matrix product.\nTwo,{denied}\n")
    opened = assemble(Settings(home=home, ollama_host=double.url))
    double.play(Script(text="Adders save energy in a matrix product [1]. Adders do not save energy [2]."))
    first = opened.ask("Do adders save energy in a matrix product?")
    later = again(opened, first.to_dict()).answer
    opened.close()
    assert first.disagreements
    assert later.disagreements == first.disagreements


def test_another_build_another_text_and_another_version_are_told(assistant: Assistant, double: OllamaDouble) -> None:
    document = assistant.ask(QUESTION).to_dict()
    document["receipt"]["model_digest"] = "f00"
    document["receipt"]["citewell"] = "0.0.1"
    double.play(Script(text="They save 90% [1]."))
    told = again(assistant, document)
    assert {difference.what for difference in told.differences} == {"model", "citewell", "text"}
    assert f"{NAME} is another build now: f00 then, d1d1d1d1d1d1 now." in [d.says for d in told.differences]
    assert told.same_text is False


def test_a_library_that_changed_is_told_and_the_model_gets_the_words_of_then(
    tmp_path: Path, double: OllamaDouble
) -> None:
    home = make_home(tmp_path)
    settings = Settings(home=home, ollama_host=double.url)
    opened = assemble(settings)
    document = opened.ask(QUESTION).to_dict()
    opened.close()
    changed = f"title,abstract\nCheap Adders for Matrix Products,{ADDERS.replace('90%', '80%')}\nNew Paper,{SHIFTERS}\n"
    (home / "papers.csv").write_text(changed, "utf-8")
    index_into(settings, [home / "papers.csv"], None)
    opened = assemble(settings)
    told = again(opened, document)
    opened.close()
    assert double.chats[0] == double.chats[1]
    says = " ".join(difference.says for difference in told.differences)
    assert {"library", "paper"} <= {difference.what for difference in told.differences}
    assert "The library is another now" in says
    assert "The model was sent the sources as they were then." in says
    assert "“Cheap Adders for Matrix Products”" in says


def test_a_paper_that_is_gone_is_told(assistant: Assistant) -> None:
    document = assistant.ask(QUESTION).to_dict()
    document["receipt"]["sources"][1]["paper_id"] = "gone"
    assert [d.says for d in again(assistant, document).differences] == [
        "The paper gone is not in the library any more."
    ]


def test_a_quoted_answer_is_asked_again_too(assistant: Assistant, double: OllamaDouble) -> None:
    document = assistant.ask(Request(QUESTION, HISTORY, answerer="quote")).to_dict()
    told = again(assistant, document)
    assert double.chats == []
    assert (told.answer.answerer, told.same_text, told.differences) == ("quote", True, ())
    document["receipt"]["papers"] = 3
    assert [d.what for d in again(assistant, document).differences] == ["papers"]


def test_an_abstention_is_asked_again_too(assistant: Assistant) -> None:
    document = assistant.ask("What is the capital of Peru?").to_dict()
    assert document["abstained"]
    told = again(assistant, document)
    assert (told.answer.abstained, told.differences) == (True, ())


def test_a_model_that_now_abstains_is_told(assistant: Assistant, double: OllamaDouble) -> None:
    document = assistant.ask(QUESTION).to_dict()
    double.play(Script(text="The sources do not answer this question."))
    told = again(assistant, document)
    assert (told.answer.abstained, told.answer.reason) == (True, "not_in_abstract")


def test_a_model_or_server_that_is_gone_is_one_sentence(home: Path, assistant: Assistant, double: OllamaDouble) -> None:
    document = assistant.ask(QUESTION).to_dict()
    nobody = assemble(Settings(home=home, ollama_host="127.0.0.1:9"))
    with pytest.raises(OllamaUnreachable, match="ollama serve"):
        again(nobody, document)
    nobody.close()
    document["receipt"]["model"] = "gemma3:4b"
    with pytest.raises(ModelMissing, match="citewell pull gemma3:4b"):
        again(assistant, document)
    double.play(Script(failure=Failure(500, "out of memory"), models=(Model(NAME),)))
    document["receipt"]["model"] = NAME
    with pytest.raises(Exception, match="out of memory"):
        again(assistant, document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"receipt": {}}',
        '{"request": {"question": "Why?"}}',
        '{"request": {"question": "Why?", "history": [{"role": "system", "content": ""}], "scope": {}}}',
        '{"request": {"question": "Why?", "history": [], "scope": {}, "answerer": null, "model": null}, "messages": 1}',
    ],
)
def test_what_is_no_receipt_is_refused_with_the_way_to_one(text: str) -> None:
    with pytest.raises(InputError, match=r"^old\.json holds no receipt .* citewell ask QUESTION --json > FILE$"):
        read_receipt(text, "old.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": {}},
        {"options": {"num_ctx": "8", "num_predict": 1}},
        {"think": "hard"},
        {"sources": [{}]},
        {"messages": [{"role": "tool", "content": "x"}]},
    ],
)
def test_a_receipt_that_was_tampered_with_is_refused(assistant: Assistant, wrong: dict[str, Any]) -> None:
    receipt = assistant.ask(QUESTION).to_dict()["receipt"]
    with pytest.raises(InputError):
        read_receipt(json.dumps(receipt | wrong), "x")


def test_the_command_reads_a_file_or_stdin(
    home: Path,
    tmp_path: Path,
    assistant: Assistant,
    double: OllamaDouble,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CITEWELL_OLLAMA_HOST", double.url)
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(assistant.ask(QUESTION).to_dict()), "utf-8")
    main(["--home", str(home), "replay", str(file)])
    printed = capsys.readouterr().out
    assert printed.startswith(TEXT)
    assert printed.endswith("Compared with the receipt nothing is different, and the answer is the same.\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(file.read_text("utf-8").replace("d1" * 32, "e0" * 32)))
    main(["--home", str(home), "replay", "-", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert [difference["what"] for difference in document["differences"]] == ["model"]
    assert document["same_text"] is True
    assert Answer.from_dict(document["answer"]).text == TEXT


@pytest.mark.parametrize("place", ["absent.json", "."])
def test_a_file_that_cannot_be_read_is_named(
    home: Path, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "replay", str(tmp_path / place)])
    assert ended.value.code == 1
    assert "cannot be read" in capsys.readouterr().err
