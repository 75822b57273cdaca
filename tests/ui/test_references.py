"""Papers as BibTeX, RIS, CSL-JSON and CSV: what was written is read back by the same library and by another one."""

from __future__ import annotations

import csv
import io
import json
import re

import bibtexparser
import jsonschema
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string as pybtex_parse

from index_store.types import Paper
from tests.ui.fake_assistant import PAPERS
from ui.bibtex import _encode, _encoder, bibtex, citation_key, citation_keys
from ui.names import Name, split_name
from ui.references import JSON_LINES, PAPER_FORMATS, csl_json, csv_table, readable, references, ris

LORA = Paper(
    "arXiv:2106.09685",
    "LoRA: Low-Rank Adaptation & 100% of {Large_Models}",
    "Freezes weights.\n\nER  - \nTY  - BOOK\nTI  - Injected",
    authors=("Edward J. Hu", "Jørgen Müller", "van der Maaten, Laurens"),
    year=2021,
    arxiv_id="2106.09685",
    doi="10.1/a{b}",
    categories=("cs.CL", "stat.ML"),
    identifiers=("openalex:w9", "pmcid:pmc123", "pmid:31452104"),
)
BARE = Paper("t1", "王小明的論文", "")


def bibtex_fields(text: str) -> dict[str, dict[str, str]]:
    """Entries by key, as bibtexparser reads them, LaTeX decoded."""
    read = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    assert read.failed_blocks == []
    return {entry.key: {field.key: field.value for field in entry.fields} for entry in read.entries}


def ris_entries(text: str) -> list[list[tuple[str, str]]]:
    """Read RIS by its specification: two signs, two blanks, a hyphen, a blank, the value; ER ends a reference."""
    entries: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, text.splitlines()):
        found = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line)
        assert found, line
        entries[-1].append((found[1], found[2]))
        if found[1] == "ER":
            entries.append([])
    return entries[:-1]


def test_bibtex_reads_back_with_the_same_library() -> None:
    entry = bibtex_fields(bibtex([LORA]))["hu2021lora"]
    assert entry["title"] == "LoRA: Low-Rank Adaptation & 100% of {Large_Models}"
    assert entry["author"] == "Hu, Edward J. and Müller, Jørgen and van der Maaten, Laurens"
    assert entry["year"] == "2021"
    assert (entry["eprint"], entry["archiveprefix"], entry["primaryclass"]) == ("2106.09685", "arXiv", "cs.CL")
    assert entry["url"] == "https://arxiv.org/abs/2106.09685"
    assert entry["abstract"] == "Freezes weights. ER - TY - BOOK TI - Injected"
    assert (entry["pmid"], entry["pmcid"]) == ("31452104", "PMC123")


def test_bibtex_reads_back_with_another_library() -> None:
    read = pybtex_parse(bibtex([LORA, *PAPERS, BARE]), "bibtex")
    assert list(read.entries) == ["hu2021lora", "quill2021adders", "prow2022where", "scriptalert", "t1"]
    people = read.entries["hu2021lora"].persons["author"]
    assert [(p.first_names, p.prelast_names, p.last_names) for p in people] == [
        (["Edward"], [], ["Hu"]),
        ([r"J{\o}rgen"], [], [r"M{\"u}ller"]),
        (["Laurens"], ["van", "der"], ["Maaten"]),
    ]
    assert read.entries["t1"].fields["title"] == "王小明的論文"


def test_bibtex_keeps_formulas_and_braces_words_with_capitals_inside() -> None:
    written = bibtex([Paper("a", r"$\mathcal{B}$-Coder of LoRA: $O(n_{ij}^2)$ Steps, Fr\'echet", "")])
    assert r"title = {$\mathcal{B}$-Coder of {LoRA}: $O(n_{ij}^2)$ Steps, Fr{\'e}chet}" in written


def test_bibtex_tells_money_from_formulas() -> None:
    written = bibtex([Paper("a", "Of $5 Billion ($p = 5$) or $5$", "")])
    assert r"title = {Of {\$}5 Billion ($p = 5$) or $5$}" in written


def test_names_in_latex_are_written_in_letters() -> None:
    paper = Paper("a", "T", "", authors=(r"H. {\O}rsted", r"P{\'a}l Erd{\H o}s"))
    assert r"author = {{\O}rsted, H. and Erd{\H{o}}s, P{\'a}l}" in bibtex([paper])
    assert "H. Ørsted; Pál Erdős" in csv_table([paper])
    assert [name["family"] for name in json.loads(csl_json([paper]))[0]["author"]] == ["Ørsted", "Erdős"]


@pytest.mark.parametrize(
    "title",
    [
        r"\input{/etc/passwd} and $\input{/etc/passwd}$",
        r"$\write18{rm -rf /}$ \immediate",
        "} @misc{evil, title = {x",
        "{ never closed",
        r"\{ escaped \} and a last backslash \\",
        "$x_{1}}$ unbalanced",
        'quotes " and % comment # ~ ^ &',
        "zero\u200bwidth \u202eright to left\u2069",
    ],
)
def test_a_hostile_title_stays_text(title: str) -> None:
    written = bibtex([Paper("a", title, "", year=2020), LORA])
    for command in re.findall(r"\\[a-z]+", written):
        assert command not in {r"\input", r"\write", r"\immediate"}
    assert sorted(bibtex_fields(written)) == sorted(pybtex_parse(written, "bibtex").entries)
    assert len(bibtex_fields(written)) == 2
    value = next(line for line in written.splitlines() if line.startswith("  title"))
    assert value.count("{") == value.count("}")  # BibTeX itself counts braces also after a backslash
    assert not re.search("[\u200b\u202e\u2069]", written)


@settings(deadline=None)  # the encoder's tables are loaded at the first example
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text(st.sampled_from('${}\\^_%&#~"x n1'), max_size=30),
)
def test_any_title_is_one_entry_for_both_libraries(text: str, signs: str) -> None:
    written = bibtex([Paper("a", text + signs, signs, authors=(text, signs), year=2020)])
    (ours,) = bibtex_fields(written)
    (theirs,) = pybtex_parse(written, "bibtex").entries
    assert ours == theirs


def test_keys_are_made_of_name_year_and_first_word() -> None:
    assert citation_key(LORA) == "hu2021lora"
    assert citation_key(Paper("x", "The Attention Is All You Need", "", year=2017)) == "attention2017all"
    assert citation_key(Paper("x", "On Fréchet Means", "", authors=("Łukasz Kaiser",))) == "kaiserfrechet"
    assert citation_key(Paper("arXiv:1", "論文", "")) == "arxiv1"
    assert citation_key(Paper("::", "", "")) == "paper"


def test_keys_are_unique_and_do_not_depend_on_the_order() -> None:
    same = [Paper(i, "Deep Nets", "", authors=("Ann Lee",), year=2020) for i in "cab"]
    assert citation_keys(same) == {"a": "lee2020deep", "b": "lee2020deep-2", "c": "lee2020deep-3"}
    assert citation_keys(same) == citation_keys(same[::-1])
    assert len(bibtex_fields(bibtex(same))) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Quill", Name("Quill", "Ada")),
        ("Quill, Ada M.", Name("Quill", "Ada M.")),
        ("Ludwig van Beethoven", Name("Beethoven", "Ludwig", "van")),
        ("Martin Luther King, Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("NLLB Team", Name("NLLB Team", whole=True)),
        ("Bell and Sons", Name("Bell and Sons", whole=True)),
        ("a, b, c, d", Name("a, b, c, d", whole=True)),
        ("{broken", Name("broken", whole=True)),
        (r"Fr\'ed\'eric Bach", Name("Bach", "Frédéric")),
        ("王小明", Name("王小明", whole=True)),
        ("", Name("", whole=True)),
    ],
)
def test_names_are_split(text: str, name: Name) -> None:
    assert split_name(text) == name


def test_a_team_is_one_author() -> None:
    read = bibtexparser.parse_string(
        bibtex([Paper("a", "T", "", authors=("Bell and Sons", "Ada Quill"))]), append_middleware=[SeparateCoAuthors()]
    )
    assert read.entries[0]["author"] == ["{Bell and Sons}", "Quill, Ada"]


def test_ris_reads_back_and_nothing_is_injected() -> None:
    written = ris([LORA, PAPERS[0], BARE])
    first, second, third = rispy.loads(written)
    assert first["title"] == "LoRA: Low-Rank Adaptation & 100% of {Large_Models}"
    assert first["authors"] == ["Hu, Edward J.", "Müller, Jørgen", "van der Maaten, Laurens"]
    assert (first["year"], first["doi"], first["keywords"]) == ("2021", "10.1/a{b}", ["cs.CL", "stat.ML"])
    assert first["abstract"] == "Freezes weights. ER - TY - BOOK TI - Injected"
    assert (first["name_of_database"], first["accession_number"]) == ("PubMed", "31452104")
    assert second["urls"] == ["https://example.org/adders?a=1&b=2"]
    assert third == {"type_of_reference": "GEN", "id": "t1", "title": "王小明的論文"}
    by_hand = ris_entries(written)
    assert [entry[0] for entry in by_hand] == [("TY", "GEN")] * 3
    assert ("AU", "van der Maaten, Laurens") in by_hand[0]
    assert ("TI", "B-Adders: Whole Numbers Are Enough for Frugal Inference") in by_hand[1]


# What CSL-JSON 1.0.2 says of the properties that are written here.
CSL_NAME = {"enum": ["family", "given", "non-dropping-particle", "suffix", "literal"]}
CSL_ITEM = {
    "type": "object",
    "required": ["id", "type"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "type": {"const": "article"},
        "author": {"type": "array", "items": {"additionalProperties": {"type": "string"}, "propertyNames": CSL_NAME}},
        "issued": {"required": ["date-parts"], "properties": {"date-parts": {"items": {"items": {"type": "integer"}}}}},
        **{name: {"type": "string"} for name in ("title", "DOI", "URL", "number", "publisher", "keyword", "abstract")},
        **{name: {"type": "string"} for name in ("PMID", "PMCID")},
    },
}


def test_csl_json_keeps_to_its_schema() -> None:
    items = json.loads(csl_json([LORA, *PAPERS, BARE]))
    jsonschema.validate(items, {"type": "array", "items": CSL_ITEM})
    assert items[0]["id"] == "hu2021lora"
    assert items[0]["author"][2] == {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"}
    assert items[0]["issued"] == {"date-parts": [[2021]]}
    assert (items[0]["PMID"], items[0]["PMCID"]) == ("31452104", "PMC123")
    assert items[3]["title"] == readable(PAPERS[2].title)
    assert "URL" not in items[3]  # its address was a script
    assert items[4] == {"id": "t1", "type": "article", "title": "王小明的論文"}


def test_csv_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_table([LORA, PAPERS[2]]))))
    assert rows[0]["title"] == LORA.title
    assert rows[0]["authors"] == "Edward J. Hu; Jørgen Müller; van der Maaten, Laurens"
    assert rows[1]["title"] == PAPERS[2].title
    assert (rows[1]["year"], rows[1]["url"]) == ("", "")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(start: str) -> None:
    paper = Paper(start, start, start, authors=(start,), doi=start, categories=(start,), collections=(start,))
    (row,) = csv.DictReader(io.StringIO(csv_table([paper])))
    assert not [cell for cell in row.values() if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))]
    assert row["title"] == f"'{start.strip()}"


@pytest.mark.parametrize("name", [chosen.name for chosen in (*PAPER_FORMATS, JSON_LINES)])
def test_no_papers_are_an_empty_file(name: str) -> None:
    assert references(name, []).strip() in {
        "",
        "[]",
        "id,title,authors,year,doi,arxiv_id,pmid,pmcid,url,categories,collections,abstract",
    }


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(KeyError):
        references("word", [])


@pytest.mark.parametrize(
    "text", ["X\u0308 and e\u0301", "50% of {a_b} & $5", "ﬁne ﬂow", "“naïve”—Ångström² ᵢ", "", "中 \\ ~ ^"]
)
def test_what_needs_no_encoding_is_skipped_without_a_difference(text: str) -> None:
    assert _encode(text) == _encoder().unicode_to_latex(text)
