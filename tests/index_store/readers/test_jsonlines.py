"""JSON Lines, arrays and objects over several lines; what breaks in them and what survives."""

from __future__ import annotations

import json

import pytest


def entry(number: int, **more: object) -> dict[str, object]:
    return {"id": f"p{number}", "title": f"Title {number}", "abstract": f"Abstract {number}."} | more


def jsonl(count: int) -> list[str]:
    return [json.dumps(entry(n)) for n in range(1, count + 1)]


def found(entries) -> list[tuple[int, str, str]]:
    return [(e.line, e.local_id, e.paper.title) for e in entries]


def test_one_object_per_line_blank_lines_skipped(read_file) -> None:
    lines = jsonl(3)
    lines.insert(1, "")
    assert found(read_file("\n".join(lines))[0]) == [(1, "p1", "Title 1"), (3, "p2", "Title 2"), (4, "p3", "Title 3")]


def test_json_broken_in_line_7_costs_line_7(read_file) -> None:
    lines = jsonl(9)
    lines[6] = lines[6][:-3]
    entries, rejected = read_file("\n".join(lines), "a.jsonl")
    assert [e.line for e in entries] == [1, 2, 3, 4, 5, 6, 8, 9]
    assert rejected == ["7: not JSON: Unterminated string starting at (character 46)"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "not an object with a title and an abstract"),
        ('"text"', "not an object with a title and an abstract"),
        ("[" * 200_000, "not JSON: nested too deeply"),
        ('{"year": ' + "9" * 5000 + "}", "not JSON: a number with too many digits"),
        ("{}", "no title and no abstract"),
        ('{"title": "T"}', "a title with no abstract: T"),
        ('{"title": "T", "abstract": " \\n "}', "a title with no abstract: T"),
        ('{"title": "T", "abstract": null}', "a title with no abstract: T"),
        ('{"abstract": "A."}', "an abstract with no title"),
        ('{"title": 5, "abstract": "A."}', "title is a number, not text"),
        ('{"title": "T", "abstract": ["A."]}', "abstract is a list, not text"),
        ('{"title": "T", "abstract": {"a": 1}}', "abstract is an object, not text"),
        ('{"title": true, "abstract": "A."}', "title is true or false, not text"),
        (
            '{"title": "T", "abstract": "\\ud800"}',
            "not Unicode: a lone surrogate (\\ud800) or a byte that is not UTF-8",
        ),
        (
            '{"title": "T", "abstract": "A.", "authors": ["\\udfff"]}',
            "not Unicode: a lone surrogate (\\udfff) or a byte that is not UTF-8",
        ),
        (
            json.dumps({"title": "T", "abstract": "a" * 100_001}),
            "an abstract of 100,001 characters; at most 100,000 are read",
        ),
        (json.dumps({"title": "t" * 1001, "abstract": "A."}), "a title of 1,001 characters; at most 1,000 are read"),
    ],
)
def test_a_bad_line_is_rejected_and_the_next_one_read(read_file, line: str, reason: str) -> None:
    entries, rejected = read_file("\n".join([*jsonl(1), line, *jsonl(1)]), "a.jsonl")
    assert [e.line for e in entries] == [1, 3]
    assert rejected == [f"2: {reason}"]


def test_text_is_as_read_but_for_outer_white_space_and_control_characters(read_file) -> None:
    raw = json.dumps({"title": "\t Schr\\'e \x00{\\\"o}  é \n", "abstract": " a\x0cb\x07 \r\n  c  $x_1$ \U0001f600 "})
    (only,), _ = read_file(raw, "a.jsonl")
    assert only.paper.title == "Schr\\'e {\\\"o}  é"
    assert only.paper.abstract == "a b \r\n  c  $x_1$ \U0001f600"


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_like_lines(read_file, indent: int | None) -> None:
    entries, rejected = read_file(json.dumps([entry(n) for n in range(1, 4)], indent=indent), "a.json")
    assert found(entries) == [(1 if indent is None else 5 * n - 3, f"p{n}", f"Title {n}") for n in (1, 2, 3)]
    assert rejected == []


def test_an_array_with_one_object_per_line(read_file) -> None:
    entries, rejected = read_file("[\n" + ",\n".join(jsonl(3)) + "\n]\n", "a.json")
    assert [e.line for e in entries] == [2, 3, 4]
    assert rejected == []


def test_objects_spread_over_lines_without_an_array(read_file) -> None:
    entries, rejected = read_file("\n".join(json.dumps(entry(n), indent=1) for n in (1, 2)), "a.jsonl")
    assert [e.line for e in entries] == [1, 6]
    assert rejected == []


def test_a_long_array_crosses_every_edge_of_the_window(read_file) -> None:
    many = [entry(n, note="n" * (n % 977), abstract="A" * (n % 4999 + 1)) for n in range(600)]
    entries, rejected = read_file(json.dumps(many), "a.json")
    assert [e.paper.abstract for e in entries] == [e["abstract"] for e in many]
    assert rejected == []


REST = "; the rest of the file was not read; with one object per line it would have been"


@pytest.mark.parametrize(
    ("tail", "rejection"),
    [
        ('\n{"title": oops}, {"title": "T", "abstract": "A."}]' + " " * 200_000, f"2: not JSON: Expecting value{REST}"),
        ('\n{"title": "T"', f"2: not JSON: Expecting ',' delimiter{REST}"),
        ('\n{"title": "' + "t" * 3_000_000 + '"}]', f"2: an entry of more than 1,000,000 characters{REST}"),
        ("\n5]", "2: not an object with a title and an abstract"),
        ("", "1: the array has no end: ']' is missing, the file may be cut short"),
        ("\n] []", "2: more text after the end of the array, which was not read"),
    ],
)
def test_an_array_that_breaks_keeps_what_came_before(read_file, tail: str, rejection: str) -> None:
    entries, rejected = read_file(f"[{jsonl(1)[0]},{tail}", "a.json")
    assert found(entries) == [(1, "p1", "Title 1")]
    assert rejected == [rejection]


def test_an_array_that_is_not_utf8_costs_the_entries_with_bad_bytes(read_file) -> None:
    raw = json.dumps([entry(1), entry(2, title="Marée"), entry(3)], ensure_ascii=False).encode("latin-1")
    entries, rejected = read_file(raw, "a.json")
    assert [e.local_id for e in entries] == ["p1", "p3"]
    assert rejected == ["1: not Unicode: a lone surrogate (\\udce9) or a byte that is not UTF-8"]


def test_a_beir_corpus(read_file) -> None:
    lines = [
        json.dumps(
            {"_id": "MED-10", "title": "Statins", "text": "They help.", "metadata": {"url": "https://example.org/10"}}
        ),
        json.dumps({"_id": 4983, "title": "White matter", "text": "It grows.", "metadata": {}}),
    ]
    (first, second), rejected = read_file("\n".join(lines), "corpus.jsonl")
    assert (first.local_id, first.paper.title, first.paper.abstract, first.paper.url) == (
        *("MED-10", "Statins", "They help."),
        "https://example.org/10",
    )
    assert (second.local_id, second.paper.url, rejected) == ("4983", None, [])
