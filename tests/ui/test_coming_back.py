"""When to come back: said where a failure passes by itself; and who it is that comes through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index_store.errors import CitewellError
from rag.errors import OllamaBusy, OllamaUnreachable
from rag.types import Event, Request
from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant, answer_to
from ui.accounts import Accounts
from ui.door import Door
from ui.ending import ServerStopping
from ui.problems import when_again
from ui.programs import build_api
from ui.throttle import Rates, Throttle


class BusyAssistant(FakeAssistant):
    """Its model turns everything away."""

    def stream(self, request: Request) -> Iterator[Event]:
        if request.question == "bug":
            yield from super().stream(request)
        raise OllamaBusy("Ollama is busy. Try again in a moment.")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {"question": "energy"}),
        ("/v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": "energy"}]}),
    ],
)
def test_a_busy_model_says_when_to_come_back(path: str, body: dict[str, object]) -> None:
    with served(build_api(BusyAssistant())) as url:
        response = httpx.post(f"{url}{path}", json=body)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


def test_a_stream_says_so_as_well() -> None:
    with served(build_api(BusyAssistant())) as url:
        assert '"retry_after": 5' in httpx.post(f"{url}/api/ask/stream", json={"question": "energy"}).text
        assert "retry_after" not in httpx.post(f"{url}/api/ask/stream", json={"question": "bug"}).text


def test_only_what_passes_by_itself_and_loses_no_words_is_to_be_tried_again() -> None:
    begun = OllamaBusy("Busy.")
    begun.partial = answer_to("energy")
    failures: list[CitewellError] = [ServerStopping(), OllamaUnreachable("Start it."), begun]
    assert [bool(when_again(failure)) for failure in failures] == [True, False, False]


def test_attempts_to_sign_in_through_a_proxy_of_this_machine_count_by_who_sent_them(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.add_user("ada", "correct horse")

    def status(sender: str, password: str = "wrong horse") -> httpx.Response:
        sent = {"X-Forwarded-For": sender, "X-Forwarded-Proto": "https"}
        return httpx.post(f"{url}/sign-in", data={"name": "ada", "password": password}, headers=sent)

    with served(Door(build_api(FakeAssistant()), accounts, Throttle(Rates(sign_ins=1)), locked=True)) as url:
        assert [status("203.0.113.1").status_code for _ in range(2)] == [401, 429]
        # Whatever the sender wrote before what the proxy added does not count.
        assert status("198.51.100.7, 203.0.113.1").status_code == 429
        arrived = status("203.0.113.2", "correct horse")
        assert arrived.status_code == 303
        assert "secure" in arrived.headers["set-cookie"].lower()
    accounts.close()
