"""OAI-PMH: arXiv's own formats, Dublin Core, deleted records, errors."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-01-02T03:04:05Z</responseDate>
<request verb="ListRecords" metadataPrefix="arXiv">https://oaipmh.arxiv.org/oai</request>
<ListRecords>
"""
END = "<resumptionToken cursor='0' completeListSize='9'>1|2</resumptionToken></ListRecords></OAI-PMH>\n"
ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>0704.0001</id><created>2007-04-02</created>
<updated>2008-07-24</updated><authors><author><keyname>Quill</keyname><forenames>Ada B.</forenames></author><author>
<keyname>van Reed</keyname><forenames>Bo</forenames><suffix>Jr.</suffix><affiliation>Harbour</affiliation></author>
</authors><title>Tides of the
  harbour</title><categories>physics.ao-ph math.DS</categories><doi>10.1000/TIDES</doi>
<abstract>  The moon pulls at the
water.
</abstract></arXiv>"""
RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>hep-th/9901001</id><submitter>Q</submitter>
<version version="v1"><date>Mon, 4 Jan 1999 19:18:42 GMT</date></version>
<version version="v2"><date>Tue, 1 Feb 2000 20:10:27 GMT</date></version>
<title>Waves</title><authors>Ada Quill and Bo Reed</authors><categories>hep-th</categories>
<abstract>The wind pushes.</abstract></arXivRaw>"""
DUBLIN = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tides</dc:title><dc:creator>Quill, Ada</dc:creator>
<dc:creator>Reed, Bo</dc:creator><dc:subject>Oceans</dc:subject><dc:description>Comment: 2 pages</dc:description>
<dc:description>The moon pulls at the water, and the harbour answers.</dc:description><dc:date>2009-11-26</dc:date>
<dc:date>2007-04-02</dc:date><dc:type>text</dc:type><dc:identifier>http://arxiv.org/abs/0704.0001</dc:identifier>
<dc:identifier>doi:10.1000/TIDES</dc:identifier></oai_dc:dc>"""
DELETED = '<record><header status="deleted"><identifier>oai:x:1</identifier></header></record>\n'


def record(metadata: str, number: str = "oai:arXiv.org:0704.0001") -> str:
    header = f"<header><identifier>{number}</identifier><datestamp>2026-01-01</datestamp></header>"
    return f"<record>{header}<metadata>{metadata}</metadata></record>\n"


def test_the_three_formats(read_file) -> None:
    found, rejected = read_file(HEAD + record(ARXIV) + record(RAW) + record(DUBLIN) + END, "oai.xml")
    assert rejected == []
    arxiv, raw, dublin = (e.paper for e in found)
    assert (arxiv.title, arxiv.abstract) == ("Tides of the harbour", "The moon pulls at the water.")
    assert (arxiv.authors, arxiv.year, arxiv.doi) == (("Ada B. Quill", "Bo van Reed, Jr."), 2007, "10.1000/tides")
    assert (arxiv.arxiv_id, arxiv.categories) == ("0704.0001", ("physics.ao-ph", "math.DS"))
    assert (raw.authors, raw.year, raw.arxiv_id) == (("Ada Quill", "Bo Reed"), 1999, "hep-th/9901001")
    assert raw.identifiers == ("arxiv:hep-th/9901001v2",)
    assert (dublin.title, dublin.authors, dublin.year) == ("Tides", ("Ada Quill", "Bo Reed"), 2007)
    assert dublin.abstract == "The moon pulls at the water, and the harbour answers."
    assert (dublin.arxiv_id, dublin.doi) == ("0704.0001", "10.1000/tides")
    assert dublin.url == "http://arxiv.org/abs/0704.0001"


def test_deleted_records_are_skipped_and_counted(read_file) -> None:
    found, rejected = read_file(HEAD + DELETED + record(ARXIV) + DELETED + END)
    assert len(found) == 1
    assert rejected == ["5: 2 records from here on that the archive has deleted, skipped"]
    assert read_file(HEAD + DELETED + END)[1] == ["5: 1 record from here on that the archive has deleted, skipped"]


def test_another_archive_gives_no_arxiv_id(read_file) -> None:
    [found], _ = read_file(HEAD + record(DUBLIN.replace("http://arxiv.org/abs/0704.0001", "704"), "oai:z.org:7") + END)
    assert (found.paper.arxiv_id, found.local_id) == (None, "oai:z.org:7")


def test_errors_and_formats_that_are_not_read(read_file) -> None:
    error = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="noRecordsMatch">None.</error></OAI-PMH>'
    assert read_file(error) == ([], ["1: no paper, but an error that the archive reports: noRecordsMatch: None."])
    _, rejected = read_file(HEAD + record("<marc xmlns='m'/>") + "<record><header/></record>" + END)
    assert rejected == [
        "5: metadata in the format <marc>; ask the archive for oai_dc or arXiv",
        "6: a record without metadata",
    ]


def test_an_entity_bomb_expands_to_nothing(read_file) -> None:
    bomb = "<!DOCTYPE OAI-PMH [<!ENTITY a '" + "x" * 1000 + "'><!ENTITY b '" + "&a;" * 1000 + "'>]>"
    text = HEAD.replace("?>\n", f"?>\n{bomb}", 1) + record(ARXIV.replace("The moon", "&b;&b;")) + record(RAW) + END
    found, _ = read_file(text)
    assert all(len(e.paper.abstract) < 100 for e in found)
