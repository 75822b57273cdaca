"""Whatever comes in from outside is taken, or refused as what it is: no other error comes out.

The readers of papers have theirs in ``tests/index_store/readers/test_fuzz.py``, the parser of citations in
``tests/rag/test_citations.py``, the bibliographic formats in ``tests/ui/test_references.py``.  A case that once failed
stands here as an ``example``.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eval.errors import QuestionsUnusable
from eval.questions import read_questions
from index_store.errors import SettingsError
from rag.settings import Settings, resolve
from rag.types import Answer
from tests.ui.fake_assistant import answer_to
from ui.accounts import Accounts
from ui.door import Door
from ui.request_log import RequestLog
from ui.scopebar import read_scope

BOUNDED = settings(max_examples=200, deadline=None, derandomize=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
QUESTION = '{"id": "a", "type": "fact", "question": "Q?", "gold": ["T"], "facts": [["x"]], "answerable": true}'
_LINES = st.lists(
    st.sampled_from([QUESTION, "{", "null", "[]", '"a"', "\n", '"type": "off"', '"gold": []', "\ud800", "1e999", "\0"])
    | st.sampled_from([QUESTION.replace('"T"', "7"), QUESTION.replace("true", "null"), QUESTION.replace('["x"]', "[]")])
    | st.text(max_size=10),
    max_size=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@BOUNDED
@given(lines=_LINES, between=st.sampled_from(["\n", "\r\n", "", ",", "\ufeff"]))
@example(lines=["[" * 100_000], between="\n")
def test_a_file_of_questions(folder: Path, lines: list[str], between: str) -> None:
    path = folder / "questions.jsonl"
    path.write_bytes(between.join(lines).encode("utf-8", "surrogatepass"))
    try:
        read = read_questions(path)
    except QuestionsUnusable as exc:
        str(exc).encode()
    else:
        for rejected in read.rejected:
            str(rejected).encode()


@BOUNDED
@given(
    content=st.lists(st.sampled_from(["answerer", "=", '"quote"', "\n", "[a]", "papers", "0", "nan", "'"]), max_size=9),
    environ=st.dictionaries(st.sampled_from(["CITEWELL_PAPERS", "CITEWELL_MODEL", "CITEWELL_X"]), st.text(max_size=6)),
)
def test_settings(folder: Path, content: list[str], environ: dict[str, str]) -> None:
    (folder / "settings.toml").write_bytes(" ".join(content).encode())
    with suppress(SettingsError):
        assert isinstance(resolve({"home": folder}, environ), Settings)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path to everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from places(inner, (*path, key))


WHOLE = answer_to("both").to_dict()


@BOUNDED
@given(place=st.sampled_from(list(places(WHOLE))), value=JSON)
@example(place=("reason",), value=[])
@example(place=("disagreements",), value=[[1, float("inf")]])
def test_an_answer_of_another_version(place: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(WHOLE)
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    try:
        read = Answer.from_dict(document)
    except ValueError:
        return
    assert isinstance(read, Answer)


@BOUNDED
@given(JSON)
def test_what_is_no_answer(value: Any) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        Answer.from_dict(value)


@BOUNDED
@given(JSON | st.fixed_dictionaries({"collections": JSON, "first_year": JSON, "last_year": JSON, "papers": JSON}))
def test_a_scope_from_the_page(value: Any) -> None:
    read_scope(value)


_HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"host", b"origin", b"cookie", b"authorization", b"content-length", b"sec-fetch-site"])
        | st.sampled_from([b"x-request-id", b"accept", b"sec-fetch-mode"]),
        st.sampled_from(
            [b"127.0.0.1:7860", b"localhost", b"[::1", b"http://[", b"Bearer ", b"citewell_session=a", b"null"]
        )
        | st.sampled_from(
            [b"9" * 5000, b"\xb2", b"-1", b"text/html", b'citewell_session="\\', b"http://127.0.0.1:7860"]
        )
        | st.binary(max_size=12),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def door(folder: Path) -> Iterator[RequestLog]:
    accounts = Accounts(folder)
    accounts.add_token("ada")

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody has a key")

    yield RequestLog(Door(inside, accounts))
    accounts.close()


@BOUNDED
@given(headers=_HEADERS, path=st.text(max_size=8).map("/{}".format), method=st.sampled_from(["GET", "POST", "PUT"]))
@example(headers=[(b"host", b"localhost"), (b"content-length", b"\xb2")], path="/", method="POST")
@example(headers=[(b"host", b"localhost"), (b"content-length", b"9" * 5000)], path="/", method="POST")
@example(headers=[(b"host", b"localhost"), (b"origin", b"http://[")], path="/", method="GET")
@example(headers=[(b"host", b"localhost:x")], path="/", method="GET")
def test_a_request_without_a_key(door: RequestLog, headers: list[Any], path: str, method: str) -> None:
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b"", "client": None}
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(door(scope, receive, send))
    assert statuses[0] in {303, 401, 403, 413, 421}
