"""The addresses of papers: only what a browser may open."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.links import link_of


@pytest.mark.parametrize(
    ("paper", "address"),
    [
        ({"url": "https://a.org/x"}, "https://a.org/x"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": "JaVaScRiPt:alert(1)", "arxiv_id": "1706.03762"}, "https://arxiv.org/abs/1706.03762"),
        ({"arxiv_id": "math.GT/0309136"}, "https://arxiv.org/abs/math.GT/0309136"),
        ({"url": "data:text/html,x", "doi": "10.1000/a<b"}, "https://doi.org/10.1000/a%3Cb"),
        ({"url": "javascript://a.org/%0aalert(1)"}, None),
        ({"url": "ftp://a.org/x"}, None),
        ({"url": "https://"}, None),
        ({"url": "http://[::1"}, None),
        ({"url": "https://a.org/ x"}, None),
        ({"url": "//a.org"}, None),
        ({"doi": "not a doi"}, None),
    ],
)
def test_only_web_addresses_become_links(paper: dict[str, str], address: str | None) -> None:
    assert link_of(Paper("i", "t", "a", **paper)) == address  # type: ignore[arg-type]
