"""Atom pages of arXiv: its search service before and after 2025, its daily feeds, its errors."""

from __future__ import annotations

FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" \
xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/abc</id>
  <title>arXiv Query: search_query=all:tides</title>
  <opensearch:totalResults>2</opensearch:totalResults>
"""
ENTRY = """  <entry>
    <id>http://arxiv.org/abs/2101.00001v3</id>
    <title>Tides of the
  harbour: $a &lt; b$</title>
    <updated>2022-08-12T11:56:51Z</updated>
    <link href="https://arxiv.org/abs/2101.00001v3" rel="alternate" type="text/html"/>
    <summary>  The moon pulls at the
water.
</summary>
    <category term="physics.ao-ph" scheme="http://arxiv.org/schemas/atom"/>
    <category term="math.DS" scheme="http://arxiv.org/schemas/atom"/>
    <published>2021-01-01T15:35:46Z</published>
    <arxiv:comment>12 pages</arxiv:comment>
    <arxiv:primary_category term="physics.ao-ph"/>
    <arxiv:doi>10.1000/TIDES</arxiv:doi>
    <author><name>Ada Quill</name><arxiv:affiliation>Harbour Institute</arxiv:affiliation></author>
    <author><name>Bo Reed</name></author>
  </entry>
"""
ERROR = """<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_1</id><title>Error</title>
<summary>incorrect id format for 1</summary></entry>
"""
ANNOUNCED = """<entry><id>oai:arXiv.org:2511.00002v1</id><title>Waves</title>
<summary>arXiv:2511.00002v1 Announce Type: new
Abstract: The wind pushes.</summary><category term="math.DS"/></entry>
"""
END = "</feed>\n"


def test_an_entry_with_all_that_a_paper_holds(read_file) -> None:
    [found], rejected = read_file(FEED + ENTRY + END, "page-00001.xml")
    assert rejected == []
    paper = found.paper
    assert (found.line, found.local_id) == (6, "2101.00001")
    assert (paper.title, paper.abstract) == ("Tides of the harbour: $a < b$", "The moon pulls at the water.")
    assert (paper.authors, paper.year, paper.doi) == (("Ada Quill", "Bo Reed"), 2021, "10.1000/tides")
    assert (paper.arxiv_id, paper.identifiers) == ("2101.00001", ("arxiv:2101.00001v3",))
    assert (paper.url, paper.categories) == ("https://arxiv.org/abs/2101.00001", ("physics.ao-ph", "math.DS"))


def test_an_error_is_told_and_the_daily_feed_is_read(read_file) -> None:
    found, rejected = read_file(FEED + ERROR + ANNOUNCED + END)
    assert [(e.paper.abstract, e.paper.arxiv_id) for e in found] == [("The wind pushes.", "2511.00002")]
    assert rejected == ["6: no paper, but an error that arXiv reports: incorrect id format for 1"]


def test_a_feed_that_breaks_off_keeps_what_came_before(read_file) -> None:
    found, [rejected] = read_file(FEED + ENTRY + ENTRY[:200])
    assert len(found) == 1
    assert ": not well-formed XML: " in rejected
    assert rejected.endswith("; the rest of the file was not read")


def test_the_feed_of_another_site_is_none_of_ours(read_file) -> None:
    other = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>News</title><summary>x</summary></entry></feed>'
    [], [rejected] = read_file(other)
    assert rejected.startswith("0: an XML file of the kind <feed>, which Citewell does not know; it reads ")
