"""Where a Chroma server is and what it asks for.  Knows no protocol: see ``vector_server``."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CLOUD = "trychroma.com"
_CLOUD_RECORDS = 300  # https://docs.trychroma.com/cloud/quotas-limits, read in November 2026


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where the vectors are: ``url`` is http(s)://HOST[:PORT]; the token shows in no message and no log."""

    url: str
    token: str | None = field(default=None, repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"

    @property
    def most_records(self) -> int | None:
        """How many vectors a request may write or get by the quotas of Chroma Cloud; None elsewhere.

        Its own word on batches says more than it takes (chroma-core/chroma, issue 5453).
        """
        host = urlsplit(self.url).hostname or ""
        return _CLOUD_RECORDS if f".{host}".endswith(f".{_CLOUD}") else None


def is_server_url(text: str) -> bool:
    """Tell whether ``text`` is http(s)://HOST[:PORT] and nothing more: no name or password, no path."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    sound = text.isascii() and text.isprintable() and " " not in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and port != 0 and sound
