"""The wire to an Ollama server: its address, a client that any thread can cut, and its failures in plain words.

Knows no prompt and no answer.  Addresses follow Ollama's own rules for ``OLLAMA_HOST``: scheme, port and path may be
left out, an address to listen on (``0.0.0.0``) means this machine, and commas separate several hosts.
"""

from __future__ import annotations

import importlib
import ipaddress
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index_store.errors import SettingsError
from rag.addresses import is_loopback
from rag.errors import AnswererError, ModelMissing, OllamaBusy, OllamaFailed, OllamaUnreachable

if TYPE_CHECKING:
    import ssl

    import httpx
    from ollama import ResponseError

_PORTS = {"": 11434, "http": 80, "https": 443}
_CONNECT_SECONDS = 3.0
_LONGEST_REASON = 200  # characters of a server's own words in a message
_OLLAMA_HOST = "OLLAMA_HOST"
_environment = threading.Lock()


def parse_hosts(setting: str | None, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Give the servers' addresses as ``scheme://host:port[/path]``, from the setting or else from ``OLLAMA_HOST``.

    Raises ``SettingsError`` for what is no address.
    """
    with _environment:
        given = setting or (os.environ if environ is None else environ).get(_OLLAMA_HOST, "")
    hosts = [_parse_host(part.strip(" \t\"'")) for part in given.split(",") if part.strip(" \t\"'")]
    return tuple(dict.fromkeys(hosts)) or (_parse_host(""),)


def _parse_host(text: str) -> str:
    scheme, has_scheme, rest = text.partition("://")
    if not has_scheme:
        scheme, rest = "", text
    if scheme not in _PORTS:
        raise _no_address(text)
    # A bare IPv6 address has colons that are no port.
    with suppress(ValueError):
        rest = f"[{ipaddress.IPv6Address(rest)}]"
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError as exc:
        raise _no_address(text) from exc
    name = parts.hostname or "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    if any(c.isspace() for c in name):
        raise _no_address(text)
    name = f"[{name}]" if ":" in name else name
    return f"{scheme or 'http'}://{name}:{_PORTS[scheme] if port is None else port}{parts.path.rstrip('/')}"


def _no_address(text: str) -> SettingsError:
    return SettingsError(f"{text!r} is not an address of an Ollama server. Write it like 127.0.0.1:11434.")


@cache
def import_ollama() -> None:
    """Import the client's package, before anything else does.

    It reads ``OLLAMA_HOST`` as it is imported, and fails on several hosts, quotes and bare IPv6; so it must not see it.
    """
    with _environment:
        held = os.environ.pop(_OLLAMA_HOST, None)
        try:
            importlib.import_module("ollama")
        finally:
            if held is not None:
                os.environ[_OLLAMA_HOST] = held


class Wire:
    """One HTTP client to one server.  ``cut`` ends whatever it is doing, from any thread, at once.

    Closing a socket does not wake a thread that waits on it, shutting it down does; so the sockets are noted as they
    are opened, through httpx's trace extension.
    """

    def __init__(self, host: str, silence: float) -> None:
        """Prepare a client that gives up after ``silence`` seconds without a byte; nothing is opened yet."""
        import httpx

        import_ollama()
        from ollama import Client

        self.host = host
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False
        self.client = Client(
            host=host,
            timeout=httpx.Timeout(silence, connect=_CONNECT_SECONDS),
            verify=_certificates(),
            trust_env=not is_loopback(host),
            event_hooks={"request": [self._watch]},
        )

    def cut(self) -> None:
        """End all traffic; what waits for it fails."""
        with self._lock:
            self._is_cut = True
            for opened in self._sockets:
                _shut(opened)

    def close(self) -> None:
        """Close the connection; the server stops working for it."""
        self.cut()
        self.client.close()  # type: ignore[no-untyped-call]  # ollama leaves it untyped

    def _watch(self, request: httpx.Request) -> None:
        request.extensions["trace"] = self._note

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        # TLS goes on in a socket of its own, and leaves the one that was connected without any.
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        opened = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._sockets.append(opened)
            if self._is_cut:
                _shut(opened)


def _shut(opened: socket.socket) -> None:
    # Not by TLS's own method: it first forgets the encryption, and what is being sent meanwhile goes out bare.
    with suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


@cache
def _certificates() -> ssl.SSLContext:
    """Load the certificates once: it takes 20 ms, and every answer opens a wire of its own."""
    import httpx

    return httpx.create_ssl_context()


@contextmanager
def plain_words(host: str, model: str = "", doing: str = "was answering") -> Iterator[None]:
    """Turn whatever the libraries raise while talking to ``host`` into the error tree.  Wrap nothing else in it."""
    import httpx

    import_ollama()
    from ollama import ResponseError

    try:
        yield
    except ResponseError as exc:
        raise _refusal(exc, host, model, doing) from exc
    except (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError) as exc:
        raise OllamaUnreachable(f"No Ollama server answers at {host}. Start it with: ollama serve") from exc
    except httpx.TimeoutException as exc:
        raise OllamaFailed(
            f"Ollama at {host} went silent{_while(model, doing)}. Try again, or choose a smaller model with --model."
        ) from exc
    except (httpx.HTTPError, httpx.StreamError) as exc:
        raise broken_off(host, model, doing) from exc
    except (ValueError, KeyError, TypeError, AttributeError, httpx.InvalidURL) as exc:
        # What the client raises when an answer is not JSON, or not the JSON that it expects.
        raise OllamaFailed(
            f"What {host} sent{_while(model, doing)} is not Ollama's API. Check the address, or update Ollama."
        ) from exc


def broken_off(host: str, model: str, doing: str = "was answering") -> OllamaFailed:
    """Say that an answer ended in the middle."""
    return OllamaFailed(
        f"The connection to Ollama at {host} broke off{_while(model, doing)}. Try again; `ollama ps` shows what runs."
    )


def _while(model: str, doing: str) -> str:
    return f" while {model} {doing}" if model else ""


def _refusal(exc: ResponseError, host: str, model: str, doing: str) -> AnswererError:
    reason = " ".join(str(exc.error).split())[:_LONGEST_REASON].rstrip(". ") or "no reason given"
    if exc.status_code == 404 and "model" in reason.lower():
        return missing(model, host)
    if exc.status_code == 404:
        return OllamaFailed(f"What answers at {host} is not Ollama's API (404). Check the address.")
    if "file does not exist" in reason:  # what a pull says of an unknown name
        return ModelMissing(f"Ollama's library has no model {model}. See https://ollama.com/library for the names.")
    if exc.status_code in {429, 503}:
        return OllamaBusy(f"Ollama at {host} is busy: {reason}. Ask again in a moment.")
    if "memory" in reason.lower():
        return OllamaFailed(f"Ollama at {host} cannot run {model}: {reason}. Choose a smaller model with --model.")
    return OllamaFailed(f"Ollama at {host} failed{_while(model, doing)}: {reason}. Try again, or see its log.")


def missing(model: str, host: str) -> ModelMissing:
    """Say that a server does not have a model."""
    return ModelMissing(f"Ollama at {host} does not have the model {model}. Get it with: citewell pull {model}")
