"""Asks again what a receipt says was asked, and tells what is not as it was.

A model gets the very messages and options of the receipt; the quoter, which has no prompt, gets the question again.
Knows no command line and no page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast, get_args

from index_store.errors import InputError
from index_store.types import Hit, Paper, Scope, Span
from rag.answerers import Brief, Piece
from rag.assistant import Assistant
from rag.errors import AnswererError
from rag.finishing import finished
from rag.ollama import OllamaAnswerer
from rag.prompts import Message, Prompt, SentSource, neutralise, prompt_of
from rag.receipts import Think, asked
from rag.stopping import Stoppable, Work
from rag.types import Answer, Json, Request, Role, Turn
from rag.writing import Written, write

_THINKS = (None, False, True, "low", "medium", "high")
_DIGITS = 12  # of a digest in a sentence


@dataclass(frozen=True, slots=True)
class SentToModel:
    """What a model was sent: enough to send it again."""

    model: str
    prompt: Prompt
    options: Mapping[str, Any]
    think: Think | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it was read.  ``sent`` is None where no model was asked, ``answer`` where it was not kept."""

    request: Request
    made_with: Mapping[str, Any]
    sent: SentToModel | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; ``says`` is the sentence for people."""

    what: str
    then: str
    now: str
    says: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer of now, and what differs.  ``same_text`` is None where the answer of then is not known."""

    answer: Answer
    differences: tuple[Difference, ...]
    same_text: bool | None

    def to_dict(self) -> Json:
        differences = [asdict(difference) for difference in self.differences]
        return {"answer": self.answer.to_dict(), "differences": differences, "same_text": self.same_text}


def read_receipt(text: str, place: str) -> Receipt:
    """Read an answer's JSON document, or the receipt in it.  Raises ``InputError`` where ``text`` is neither."""
    try:
        document = json.loads(text)
        answer = Answer.from_dict(document) if "receipt" in document else None
        return _receipt(document["receipt"] if answer else document, answer)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputError(
            f"{place} holds no receipt that can be asked again. Save one with: citewell ask QUESTION --json > FILE"
        ) from exc


def replay(assistant: Assistant, receipt: Receipt) -> Replay:
    """Ask again.  Raises ``AnswererError`` where the model or its server is not there any more."""
    if receipt.sent is None:
        who = receipt.answer.answerer if receipt.answer and not receipt.answer.abstained else "quote"
        answer = assistant.ask(replace(receipt.request, answerer=who))
    else:
        answer = _asked_again(assistant, receipt, receipt.sent)
    same = None if receipt.answer is None else receipt.answer.text == answer.text
    return Replay(answer, tuple(_differences(assistant, receipt, answer)), same)


class _Again:
    """The model, sent what it was sent before whatever the brief says."""

    name = "ollama"

    def __init__(self, answerer: OllamaAnswerer, sent: SentToModel) -> None:
        self.model = answerer.model
        self._answerer, self._sent = answerer, sent

    def stream(self, brief: Brief) -> Stoppable[Piece]:  # noqa: ARG002 (the receipt says what is sent)
        return self._answerer.repeat(self._sent.prompt, self._sent.options, self._sent.think)


def _asked_again(assistant: Assistant, receipt: Receipt, sent: SentToModel) -> Answer:
    parts, library = assistant.parts, assistant.library
    answerer = parts.speakers.choose("ollama", sent.model).answerer
    if not isinstance(answerer, OllamaAnswerer):
        raise AnswererError(f"{sent.model} cannot be asked again: no Ollama answers here.")
    ids = [source.paper_id for source in sent.prompt.sources]
    papers = [library.paper(paper_id) or Paper(paper_id, "(no longer here)", "") for paper_id in ids]
    question = receipt.request.question
    brief = Brief(question, tuple(Hit(paper, 0.0, ()) for paper in papers))
    began = time.perf_counter()
    steps = write(_Again(answerer, sent), brief, parts.support, Work())
    while True:
        try:
            next(steps)
        except StopIteration as end:
            written: Written = end.value
            break
    if written.failure:
        raise written.failure
    before = receipt.answer or Answer(question, question, "")
    begun = Answer(
        question,
        before.standalone_question,
        "",
        confidence=before.confidence,
        answerer="ollama",
        hits=before.hits,
        timings_ms={"answer": round((time.perf_counter() - began) * 1000, 2)},
        receipt=asked(receipt.request, library.digest(), library.embedder.name, parts.papers),
    )
    return finished(begun, written, brief.hits, library, receipt.request.scope)


def _differences(assistant: Assistant, receipt: Receipt, answer: Answer) -> list[Difference]:
    then, now = {**receipt.made_with}, {**answer.receipt}
    kept = "" if receipt.sent is None else " The model was sent the sources as they were then."
    compared = (
        ("model_digest", "model", f"{answer.model} is another build now", ""),
        ("library_digest", "library", "The library is another now", kept),
        ("embedder", "embedder", "The library is searched with another embedder", kept),
        ("papers", "papers", "Another number of papers is read for an answer", kept),
        ("citewell", "citewell", "Citewell is another version", ""),
    )
    found = [
        Difference(
            what,
            str(then[key]),
            str(now.get(key)),
            f"{says}: {_short(then[key])} then, {_short(now.get(key))} now.{more}",
        )
        for key, what, says, more in compared
        if then.get(key) and then[key] != now.get(key)
    ]
    if receipt.sent is not None:
        found += _changed_papers(assistant, receipt.sent)
    if receipt.answer is not None and receipt.answer.text != answer.text:
        found.append(Difference("text", receipt.answer.text, answer.text, "The answer is worded differently now."))
    return found


def _changed_papers(assistant: Assistant, sent: SentToModel) -> list[Difference]:
    """Tell which papers have gone, or no longer say what the model was sent of them."""
    prompt = sent.prompt.messages[-1].content
    found = []
    for source in sent.prompt.sources:
        paper_id = source.paper_id
        paper = assistant.library.paper(paper_id)
        if paper is None:
            found.append(Difference("paper", paper_id, "", f"The paper {paper_id} is not in the library any more."))
        elif not all(neutralise(paper.abstract[span.start : span.end]) in prompt for span in source.spans):
            found.append(
                Difference(
                    "paper", paper_id, paper_id, f"The abstract of “{paper.title}” is another now than was sent."
                )
            )
    return found


def _short(value: object) -> str:
    return str(value)[:_DIGITS]


def _receipt(data: Mapping[str, Any], answer: Answer | None) -> Receipt:
    request = data["request"]
    scope = request["scope"]
    return Receipt(
        Request(
            str(request["question"]),
            tuple(Turn(_role(turn["role"]), str(turn["content"])) for turn in request["history"]),
            Scope(
                tuple(scope.get("collections", ())),
                scope.get("first_year"),
                scope.get("last_year"),
                tuple(scope.get("paper_ids", ())),
            ),
            request["answerer"],
            request["model"],
        ),
        {key: data.get(key) for key in ("citewell", "library_digest", "embedder", "papers", "model_digest")},
        _sent(data) if "messages" in data else None,
        answer,
    )


def _sent(data: Mapping[str, Any]) -> SentToModel:
    options = {str(name): value for name, value in data["options"].items()}
    if not all(isinstance(options[name], int) for name in ("num_ctx", "num_predict")) or data["think"] not in _THINKS:
        raise ValueError("these are no options of a receipt")
    messages = [Message(_message_role(m["role"]), str(m["content"])) for m in data["messages"]]
    sources = tuple(
        SentSource(at + 1, at, str(s["paper_id"]), tuple(Span(*map(int, span)) for span in s["sentences"]))
        for at, s in enumerate(data["sources"])
    )
    prompt = prompt_of(messages, sources, int(data["dropped_sentences"]), int(data["dropped_turns"]))
    return SentToModel(str(data["model"]), prompt, {"temperature": 0.0, **options}, data["think"])


def _role(name: str) -> Role:
    if name not in get_args(Role):
        raise ValueError(f"{name!r} is no role")
    return cast("Role", name)


def _message_role(name: str) -> Any:
    return name if name == "system" else _role(name)
