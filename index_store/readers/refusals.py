"""Files that hold no papers in a form that can be read: what they are, and what to do instead.

Judged by their first bytes or their first text, never by their names.
"""

from __future__ import annotations

from index_store.readers.roots import root_name

FORMATS = (
    "BibTeX, RIS, CSL-JSON, EndNote (XML, enw), PubMed (XML, nbib), arXiv (snapshot, Atom), OAI-PMH, OpenAlex,"
    " Semantic Scholar, JSON Lines, JSON, CSV, TSV, Parquet and listings, also as gz, zst or zip"
)
"""What can be read, for messages."""

_EXPORT = "export the reference with its abstract as BibTeX, RIS or CSL-JSON (Zotero and publishers do), or save {}"
_AS_TABLE = "titles and abstracts as CSV"
_OLD_OFFICE = (
    "an Office document of the old kind (doc, xls, ppt); save it as text or CSV, each title before its abstract"
)
_SIGNATURES = (
    (b"%PDF-", f"a PDF, and Citewell reads abstracts, not whole papers; {_EXPORT.format(_AS_TABLE)}"),
    (b"%!PS", f"a PostScript file, and Citewell reads abstracts, not whole papers; {_EXPORT.format(_AS_TABLE)}"),
    (b"{\\rtf", "a rich text document (RTF); save it as plain text, each title on a line before its abstract"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"SQLite format 3\0", "an SQLite database; export its table of papers as CSV"),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG), and Citewell reads text"),
    (b"\xff\xd8\xff", "a picture (JPEG), and Citewell reads text"),
)
# Files that are ZIP archives inside, by the names of what must be in them; the first that is found.
_OFFICE = (
    (b"word/", "a Word document; save it as plain text (.txt), each title on a line before its abstract"),
    (b"xl/", "an Excel workbook; save the sheet as CSV, with columns 'title' and 'abstract'"),
    (b"ppt/", "a PowerPoint presentation, and Citewell reads titles with abstracts; save them as text or CSV"),
    (b"application/epub+zip", "an e-book (EPUB), and Citewell reads titles with abstracts; save them as text or CSV"),
    (b"opendocument.text", "an OpenDocument text; save it as plain text (.txt), each title before its abstract"),
    (b"opendocument.spreadsheet", "an OpenDocument sheet; save it as CSV, with columns 'title' and 'abstract'"),
    (b"opendocument", "an OpenDocument file, and Citewell reads titles with abstracts; save them as text or CSV"),
    (b"[Content_Types].xml", "an Office document; save it as text or CSV, each title before its abstract"),
)
_ZIP = b"PK\x03\x04"
_PAGE = (
    "a web page (HTML); copy its titles and abstracts into a text file, each title on a line before its abstract, or"
    " look for an export as BibTeX, RIS or CSV on the page"
)


def of_bytes(raw: bytes) -> str | None:
    """Say why the file that begins with ``raw`` is not read; None where its first bytes do not forbid it."""
    return office(raw) or next((reason for signature, reason in _SIGNATURES if raw.startswith(signature)), None)


def office(raw: bytes) -> str | None:
    """Say what a ZIP archive is that is a document to its owner; None for a plain archive and for anything else."""
    if not raw.startswith(_ZIP):
        return None
    names = raw[:4] + raw[26:]  # without what comes before the first name
    return next((reason for sign, reason in _OFFICE if sign in names), None)


def of_text(head: str) -> str | None:
    """Say why a text is not read which no reader has recognised; None where its suffix may still tell."""
    root = root_name(head) if head.lstrip("\ufeff \t\r\n").startswith("<") else ""
    if root.lower() == "html" or head.lstrip().lower().startswith("<!doctype html"):
        return _PAGE
    if not root:
        return None
    return f"an XML file of the kind <{root[:40]}>, which Citewell does not know; it reads {FORMATS}"
