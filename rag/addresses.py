"""Addresses of servers: whether one stays on this machine.  Knows no protocol."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Tell whether ``url`` leads to this machine, where a proxy that is set for the outside world must not catch it."""
    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
