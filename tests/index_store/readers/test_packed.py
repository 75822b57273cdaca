"""Packed files: read as if they were not; broken, nested, odd and malicious ones refused in a sentence."""

from __future__ import annotations

import gzip
import io
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import zstandard

from index_store.readers import read
from index_store.types import Entry, Rejection

LINE = '{"title": "Tides", "abstract": "The moon pulls."}\n'
TABLE = "title,abstract\nWaves,The wind pushes.\n"
BIB = "@article{a, title={Foam}, abstract={The wave breaks.}}\n"
XML = "<PubmedArticleSet></PubmedArticleSet>"


def zipped(*files: tuple[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


def told(path: Path) -> list[str]:
    """What reading gives: titles with their places, and rejections, below the folder."""
    return [
        f"{item.path.relative_to(path.parent)}:{item.line}: "
        + (item.paper.title if isinstance(item, Entry) else f"! {item.reason}")
        for item in read(path)
    ]


@pytest.fixture
def write(tmp_path: Path):
    def to_file(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return to_file


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("content", [LINE, TABLE, f"[{LINE}]", BIB], ids=["lines", "table", "array", "bib"])
@pytest.mark.parametrize("name", ["papers.gz", "papers.txt", "papers"])
def test_gzip_and_zstandard_are_known_by_their_bytes(write, pack, content: str, name: str) -> None:
    [found] = read(write(name, pack(content.encode())))
    assert isinstance(found, Entry)
    assert found.path.name == name


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_several_packed_parts_one_after_another_are_one_file(write, pack) -> None:
    found = list(read(write("a.jsonl", pack(LINE.encode() * 2) + pack(b"") + pack(LINE.encode()))))
    assert [item.line for item in found] == [1, 2, 3]


def test_each_file_of_a_zip_is_a_file_of_its_own(write) -> None:
    content = zipped(("b/two.csv", TABLE + "one field\n"), ("a.jsonl", LINE * 2), ("c.bib", BIB), ("c.xml", XML))
    assert told(write("papers.zip", content)) == [
        "papers.zip/a.jsonl:1: Tides",
        "papers.zip/a.jsonl:2: Tides",
        "papers.zip/b/two.csv:2: Waves",
        "papers.zip/b/two.csv:3: ! 1 fields where the header has 2",
        "papers.zip/c.bib:1: Foam",
    ]


def test_hidden_files_and_noise_are_left_out(write) -> None:
    noise = (("__MACOSX/._a.jsonl", b"\0"), (".DS_Store", b"\0"), ("x/.hidden/a.csv", TABLE), ("Thumbs.db", b"\0"))
    assert told(write("a.zip", zipped(*noise, ("a.jsonl", LINE)))) == ["a.zip/a.jsonl:1: Tides"]
    empty = "a.zip:0: ! a ZIP archive with no file to read"
    assert told(write("a.zip", zipped(*noise))) == [empty]
    assert told(write("a.zip", zipped())) == [empty]


def test_names_that_lead_out_are_refused_and_stay_below(write) -> None:
    reason = "! a name in the archive that leads out of it, or is none"
    names = ("../up.jsonl", "/abs.jsonl", "c/../../d.jsonl", "e//f.jsonl")
    assert told(write("a.zip", zipped(*((name, LINE) for name in names), ("ok.jsonl", LINE)))) == [
        f"a.zip/up.jsonl:0: {reason}",
        f"a.zip/abs.jsonl:0: {reason}",
        f"a.zip/c/d.jsonl:0: {reason}",
        f"a.zip/e/f.jsonl:0: {reason}",
        "a.zip/ok.jsonl:1: Tides",
    ]


def test_a_link_in_an_archive_is_but_a_text(write) -> None:
    link = zipfile.ZipInfo("link.jsonl")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    [refused] = told(write("a.zip", out.getvalue()))
    assert refused.startswith("a.zip/link.jsonl:1: ! not JSON")


NESTED = "an archive in an archive; unpack the outer one and give the files inside"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (zipped(("in.zip", zipped(("a.jsonl", LINE)))), "a/in.zip"),
        (zipped(("in.gz", gzip.compress(LINE.encode()))), "a/in.gz"),
        (gzip.compress(gzip.compress(LINE.encode())), "a"),
        (zstd(zipped(("a.jsonl", LINE))), "a"),
    ],
    ids=["zip in zip", "gzip in zip", "gzip in gzip", "zip in zstd"],  # a gzip file tells when it was made
)
def test_archives_in_archives_are_refused(write, content: bytes, place: str) -> None:
    assert told(write("a", content)) == [f"{place}:0: ! {NESTED}"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"BZh91AY&SY", "a bzip2 file"),
        (b"\xfd7zXZ\0\0", "an xz file"),
        (gzip.compress(b"a.jsonl".ljust(257, b"\0") + b"ustar\0"), "a tar archive"),
    ],
    ids=["bzip2", "xz", "tar.gz"],
)
def test_other_archives_are_named(write, content: bytes, what: str) -> None:
    way_out = "unpack it and give the files inside (gzip, Zstandard and ZIP are read as they are)"
    assert told(write("a", content)) == [f"a:0: ! {what}; {way_out}"]


def test_a_document_that_is_a_zip_inside_is_called_a_document(write) -> None:
    [refused] = told(write("a.docx", zipped(("[Content_Types].xml", "<x/>"), ("word/document.xml", "<x/>"))))
    assert refused.startswith("a.docx:0: ! a Word document; ")


@pytest.mark.parametrize(("pack", "what"), [(gzip.compress, "gzip"), (zstd, "Zstandard")])
@pytest.mark.parametrize("content", ["lines", "array"])
def test_what_breaks_off_is_read_up_to_there(write, pack, what: str, content: str) -> None:
    lines = [f'{{"title": "Tides {n * 7919 % 10007}", "abstract": "The moon pulls {n * n}."}}\n' for n in range(5000)]
    text = "".join(lines) if content == "lines" else f"[{','.join(lines)}]"
    whole = pack(text.encode())
    found = list(read(write("a.jsonl", whole[: len(whole) * 3 // 4])))
    assert sum(isinstance(item, Entry) for item in found) > 1000
    cut = Rejection(found[-1].path, 0, f"a {what} file that is cut short; the rest of it was not read")
    assert found[-1] == cut


def test_a_byte_that_flipped_is_noticed(write) -> None:
    whole = bytearray(gzip.compress(LINE.encode() * 1000))
    whole[-8] ^= 1  # of the checksum
    *found, last = told(write("a.jsonl.gz", bytes(whole)))
    assert len(found) == 1000
    assert last.startswith("a.jsonl.gz:0: ! a broken gzip file (CRC check failed")
    archive = bytearray(zipped(("a.jsonl", LINE * 1000)))
    archive[60] ^= 255
    [*_, last] = told(write("a.zip", bytes(archive)))
    assert last.startswith("a.zip/a.jsonl:0: ! a broken ZIP archive (")


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.gz", gzip.compress),
        ("a.zst", zstd),
        ("a.zip", lambda content: zipped(("a.jsonl", content))),
    ],
)
def test_a_bomb_is_given_up_before_it_fills_memory(write, name: str, pack) -> None:
    path = write(name, pack(LINE.encode() + b" " * 60_000_000))
    assert path.stat().st_size < 60_000_000 / 200
    tracemalloc.start()
    try:
        *found, last = told(path)
        assert tracemalloc.get_traced_memory()[1] < 45_000_000
    finally:
        tracemalloc.stop()
    assert "that unpacks to more than 200 times its size, as bombs do" in last
    assert len(found) <= 2


def test_a_zip_that_lies_about_sizes_or_is_encrypted(write) -> None:
    archive = bytearray(zipped(("a.jsonl", LINE * 3)))
    for at in (6, archive.index(b"PK\x01\x02") + 8):
        archive[at] |= 1
    path = write("a.zip", bytes(archive))
    reason = "encrypted; unpack the archive with its password and give the files inside"
    assert told(path) == [f"a.zip/a.jsonl:0: ! {reason}"]


def test_too_many_files_are_refused(write) -> None:
    content = zipped(*((f"{n}.csv", "") for n in range(10_001)))
    reason = "a ZIP archive of 10,001 files; at most 10,000 are read: unpack it"
    assert told(write("a.zip", content)) == [f"a.zip:0: ! {reason}"]


def test_a_packed_table_of_parquet(write) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"title": ["Tides"], "abstract": ["The moon pulls."]}), out)
    assert told(write("a.parquet.gz", gzip.compress(out.getvalue()))) == ["a.parquet.gz:1: Tides"]
    assert told(write("a.zip", zipped(("t.parquet", out.getvalue())))) == ["a.zip/t.parquet:1: Tides"]
