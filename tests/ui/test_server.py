"""Serving for real, in a process of its own: the ready line, the port, Ctrl-C."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ui.server import PortError, address_of, listen

ROOT = Path(__file__).resolve().parents[2]


def test_ready_line_is_true_and_ctrl_c_ends_without_a_trace() -> None:
    command = [sys.executable, "-m", "tests.ui.serve_fake", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        address = line.removeprefix("Citewell is ready at ")
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address + "/api/health") as response:
            assert response.status == 200
        server.send_signal(signal.SIGINT)
        out, errors = server.communicate(timeout=20)
    assert server.returncode == 0
    assert out == ""
    assert "Traceback" not in errors


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with listen("127.0.0.1", 0) as holder:
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortError, match=rf"Port {port} on 127.0.0.1 is taken .* --port {port + 1}\.$"):
            listen("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_named() -> None:
    with pytest.raises(PortError, match=r"'203.0.113.7' is not an address of this machine"):
        listen("203.0.113.7", 0)


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")],
)
def test_the_address_can_be_opened_in_a_browser(host: str, address: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with listen(host, 0) as listener:
        assert address_of(listener) == f"{address}{listener.getsockname()[1]}"
