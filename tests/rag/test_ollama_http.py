"""The wire to an Ollama server: cut at any moment, also under TLS; a setting for several hosts harms nobody."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rag import ollama_http
from rag.errors import AnswererError
from rag.ollama_http import Wire, plain_words
from tests.ollama_double import OllamaDouble

ROOT = Path(__file__).parents[2]
ASK = """
import os
from rag.ollama_http import parse_hosts
from rag.models import available
from tests.ollama_reading import BRIEF, NAME, OllamaAnswerer, read
hosts = parse_hosts(os.environ.get("CITEWELL_OLLAMA_HOST"))
print([model.name for model in available(hosts)], read(OllamaAnswerer(NAME, hosts))[0], os.environ["OLLAMA_HOST"])
"""


@pytest.mark.parametrize(
    ("listed", "ours"), [("{at},127.0.0.1:9", ""), ("{at},", ""), ('"{at}"', ""), ("::1", "{at}"), ("box:port", "{at}")]
)
def test_whatever_ollamas_own_variable_holds_its_package_can_be_imported(listed: str, ours: str) -> None:
    with OllamaDouble() as server:
        at = server.url.removeprefix("http://")
        held = listed.format(at=at)
        environ = os.environ | {"OLLAMA_HOST": held, "CITEWELL_OLLAMA_HOST": ours.format(at=at)}
        done = subprocess.run(
            [sys.executable, "-c", ASK], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
    assert (done.stdout, done.returncode) == (
        f"['qwen3:4b-instruct'] Kilns hold heat for nine hours [1]. {held}\n",
        0,
    ), done.stderr


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A certificate for this machine with its key, which clients trust."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + signed.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    ollama_http._certificates.cache_clear()
    yield path
    ollama_http._certificates.cache_clear()


def test_a_server_that_is_silent_under_tls_is_left_at_once(certificate: Path) -> None:
    context, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), threading.Event()
    context.load_cert_chain(certificate)

    def listen(listener: socket.socket) -> None:
        with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            assert connection.recv(9999).startswith(b"GET /api/tags")
            asked.set()
            connection.recv(9999)  # until the client goes

    def ask(wire: Wire) -> None:
        with pytest.raises(AnswererError), plain_words(wire.host):
            wire.client.list()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        wire = Wire(f"https://127.0.0.1:{listener.getsockname()[1]}", 30)
        waiting = [threading.Thread(target=listen, args=(listener,)), threading.Thread(target=ask, args=(wire,))]
        for thread in waiting:
            thread.start()
        assert asked.wait(10)
        started = time.monotonic()
        wire.cut()
        for thread in waiting:
            thread.join(10)
        assert time.monotonic() - started < 1
        wire.close()
