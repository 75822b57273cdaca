"""A server with a few papers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.paper_services import PaperServices, paper_services


@pytest.fixture
def server() -> Iterator[PaperServices]:
    with paper_services(24) as services:
        yield services
