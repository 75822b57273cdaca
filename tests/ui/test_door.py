"""The door: who is let in, where requests may go and come from, how much and how often.  Over real HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from index_store.errors import InputError
from tests.serving import served
from ui.accounts import SESSION_SECONDS, Accounts
from ui.door import HEADERS, MAX_BODY_BYTES, Door, user_of
from ui.server import PortError, listen, refuse_open_door
from ui.sign_in import SESSION_COOKIE
from ui.throttle import Rates, Throttle

PASSWORD = "correct horse"


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"user": user_of(request), "bytes": len(await request.body())})


INSIDE = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])])


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    accounts = Accounts(tmp_path)
    yield accounts
    accounts.close()


@pytest.fixture
def url(accounts: Accounts) -> Iterator[str]:
    with served(Door(INSIDE, accounts)) as address:
        yield address


def sign_in(url: str, name: str = "ada", password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{url}/sign-in", data={"name": name, "password": password})


def refused(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["detail"]


def test_without_accounts_everyone_here_is_the_local_user(url: str) -> None:
    assert httpx.get(f"{url}/api/papers").json()["user"] == "local"


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "localhost."),
        *("localhost@evil.example", "localhost, evil.example", "localhost#.evil.example"),
    ],
)
def test_a_host_that_is_not_ours_is_refused(url: str, host: str) -> None:
    status, sentence = refused(httpx.get(url, headers={"Host": host}))
    assert status == 421
    assert "is not this machine. Use the address that `citewell serve` printed" in sentence


@pytest.mark.parametrize(
    "host", ["localhost:99", "LOCALHOST", "127.0.0.1", "[::1]:7860", "192.0.2.7", socket.gethostname()]
)
def test_this_machine_has_several_names(url: str, host: str) -> None:
    assert httpx.get(url, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_are_refused(url: str, headers: dict[str, str]) -> None:
    assert refused(httpx.post(f"{url}/api/ask", headers=headers)) == (403, "Pages of other sites may not use Citewell.")
    assert httpx.post(f"{url}/api/ask", headers={"Origin": url}).status_code == 200


def test_a_link_from_another_site_opens_but_nothing_is_fetched_into_its_page(url: str) -> None:
    for site in ("cross-site", "same-site"):
        linked = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
        assert httpx.get(url, headers=linked).status_code == 200
        assert httpx.get(url, headers=linked | {"Sec-Fetch-Mode": "no-cors"}).status_code == 403
        assert httpx.post(url, headers=linked).status_code == 403


def test_no_websocket_is_opened(url: str) -> None:
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    asked["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    for path in ("/", "/gradio_api/queue/join", "/mcp", "/v1/realtime"):
        for foreign in ({}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            assert httpx.get(f"{url}{path}", headers=asked | foreign).status_code == 403


def test_every_door_is_the_same_one(url: str, accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    for path in ("/mcp", "/v1/chat/completions", "/api/ask/stream", "/gradio_api/queue/join", "/metrics"):
        for headers, status in (
            ({"Host": "evil.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({}, 401),
        ):
            response = httpx.post(f"{url}{path}", headers=headers)
            assert response.status_code == status, (path, headers)
            assert response.headers["x-frame-options"] == "DENY"


def test_a_proxy_in_front_has_a_name_that_is_told(accounts: Accounts) -> None:
    with served(Door(INSIDE, accounts, names=("Citewell.example.org",))) as url:
        assert httpx.get(url, headers={"Host": "citewell.example.org"}).status_code == 200
        assert httpx.get(url, headers={"Host": "citewell.example.com"}).status_code == 421


def test_every_response_has_the_headers_that_protect_the_page(url: str, accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    for response in (
        httpx.get(f"{url}/sign-in"),
        httpx.get(f"{url}/api/papers"),
        httpx.get(url, headers={"Host": "x"}),
    ):
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
        assert "access-control-allow-origin" not in response.headers
        assert "server" not in response.headers or "citewell" not in response.headers["server"].lower()


def test_a_large_body_is_refused_whether_it_says_so_or_not(url: str) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    assert refused(httpx.post(f"{url}/api/ask", content=body)) == (413, "A request may bring at most 4 MiB.")
    pieces = (b"x" * 65536 for _ in range(MAX_BODY_BYTES // 65536 + 2))
    with pytest.raises(httpx.HTTPError):  # noqa: PT012 (the refusal may come while the pieces are still being sent)
        response = httpx.post(f"{url}/api/ask", content=pieces)
        response.raise_for_status()
    assert httpx.post(f"{url}/api/ask", content=body[:-1]).json()["bytes"] == MAX_BODY_BYTES


def test_with_a_user_the_door_is_locked_at_once(url: str, accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    status, sentence = refused(httpx.get(f"{url}/api/papers"))
    assert (status, sentence.split(":")[0]) == (401, "Sign in, or send a token")
    page = httpx.get(url, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(url: str, accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    response = sign_in(url, " Ada ")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    with httpx.Client(base_url=url, cookies={SESSION_COOKIE: response.cookies[SESSION_COOKIE]}) as browser:
        assert browser.get("/").json()["user"] == "ada"
        assert refused(browser.get("/sign-out")) == (405, "/sign-out takes POST, not GET.")
        assert browser.post("/sign-out").status_code == 303
        assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong horse"), ("bob", PASSWORD), ("", ""), ("ada", "x" * 5000)]
)
def test_a_wrong_password_says_nothing_of_the_name(url: str, accounts: Accounts, name: str, password: str) -> None:
    accounts.add_user("ada", PASSWORD)
    response = sign_in(url, name, password)
    assert response.status_code == 401
    assert "Name and password do not belong together." in response.text
    assert "set-cookie" not in response.headers


def test_a_token_lets_a_program_in_until_it_is_removed(url: str, accounts: Accounts) -> None:
    token = accounts.add_token("robot", "nightly")
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(url, headers=headers).json()["user"] == "robot"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    accounts.add_user("ada", PASSWORD)
    accounts.remove_token(accounts.tokens()[0].id)
    assert httpx.get(url, headers=headers).status_code == 401


def test_a_locked_door_stays_locked_when_the_last_user_goes(accounts: Accounts) -> None:
    with served(Door(INSIDE, accounts, locked=True)) as url:
        assert httpx.get(url).status_code == 401


@pytest.mark.parametrize("cookie", [b'citewell_session="', b";;=;citewell_session", b"citewell_session=" + b"x" * 3000])
def test_odd_cookies_are_nobody(url: str, accounts: Accounts, cookie: bytes) -> None:
    accounts.add_user("ada", PASSWORD)
    assert httpx.get(url, headers=[(b"Cookie", cookie)]).status_code == 401


def test_guessing_passwords_is_slow(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    with served(Door(INSIDE, accounts, Throttle(Rates(sign_ins=2)))) as url:
        assert [sign_in(url, password="wrong horse").status_code for _ in range(2)] == [401, 401]
        response = sign_in(url)
        assert response.status_code == 429
        assert 25 <= int(response.headers["retry-after"]) <= 30
        assert httpx.get(f"{url}/sign-in").status_code == 200


def test_one_users_rate_is_not_anothers(accounts: Accounts) -> None:
    first, second = ({"Authorization": f"Bearer {accounts.add_token(name)}"} for name in ("ada", "bob"))
    with served(Door(INSIDE, accounts, Throttle(Rates(per_minute=2)))) as url:
        assert [httpx.post(f"{url}/api/ask", headers=first).status_code for _ in range(3)] == [200, 200, 429]
        assert httpx.post(f"{url}/api/ask", headers=second).status_code == 200
        assert httpx.get(f"{url}/look/citewell.css", headers=first).status_code == 200


def test_a_bucket_refills_steadily() -> None:
    now = [0.0]
    throttle = Throttle(Rates(per_minute=2), lambda: now[0])
    assert [throttle.wait("POST", "/api/ask", "ada", "a") for _ in range(3)] == [None, None, 30]
    now[0] = 29.5
    assert throttle.wait("POST", "/api/ask", "ada", "a") == 1
    now[0] = 30.0
    assert throttle.wait("POST", "/api/ask", "ada", "a") is None


def test_what_is_being_worked_on_is_bounded() -> None:
    throttle = Throttle(Rates(at_once=1))
    with throttle.counted("/api/ask", None):
        assert throttle.wait("POST", "/v1/chat/completions", None, "a") == 1
        assert throttle.wait("POST", "/api/search", None, "a") is None
        assert throttle.wait("GET", "/api/papers", None, "a") is None
    assert throttle.wait("POST", "/api/ask/stream", None, "a") is None


def test_one_user_leaves_room_for_others() -> None:
    throttle = Throttle(Rates(of_one=1))
    with throttle.counted("/api/ask", "ada"):
        assert throttle.wait("POST", "/api/ask", "ada", "a") == 1
        assert throttle.wait("POST", "/api/search", "ada", "a") is None
        assert throttle.wait("POST", "/api/ask", "bob", "a") is None
    assert throttle.wait("POST", "/api/ask", "ada", "a") is None


def test_sessions_end(tmp_path: Path) -> None:
    now = [0.0]
    accounts = Accounts(tmp_path, lambda: now[0])
    accounts.add_user("ada", PASSWORD)
    session = accounts.sign_in("ada", PASSWORD)
    assert session is not None
    now[0] = SESSION_SECONDS
    assert accounts.user_of_session(session) == "ada"
    now[0] += 1
    assert accounts.user_of_session(session) is None
    accounts.close()


def test_a_new_password_signs_out_and_no_secret_is_kept(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.add_user("ada", PASSWORD)
    token, session = accounts.add_token("ada"), accounts.sign_in("ada", PASSWORD)
    assert session is not None
    accounts.set_password("ada", "another horse")
    assert accounts.user_of_session(session) is None
    assert accounts.sign_in("ada", PASSWORD) is None
    assert accounts.sign_in("ada", "another horse") is not None
    accounts.remove_user("ada")
    assert (accounts.user_of_token(token), accounts.users(), bool(accounts)) == (None, [], False)
    accounts.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [secret for secret in (PASSWORD, token, session) if secret.encode() in kept]


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("Ada", PASSWORD, "cannot be a user's name"),
        ("../x", PASSWORD, "cannot be a user's name"),
        ("local", PASSWORD, "asks for no name"),
        ("ada", "short", "A password has 8 to 1,000 characters"),
        ("eve", PASSWORD, "There is a user 'eve' already"),
    ],
)
def test_unfit_users_are_refused(accounts: Accounts, name: str, password: str, sentence: str) -> None:
    accounts.add_user("eve", PASSWORD)
    with pytest.raises(InputError, match=sentence):
        accounts.add_user(name, password)


@pytest.mark.parametrize("action", ["remove_user", "remove_token"])
def test_what_is_not_there_cannot_be_removed(accounts: Accounts, action: str) -> None:
    argument: Any = 7 if action == "remove_token" else "nobody"
    with pytest.raises(InputError, match="There is no"):
        getattr(accounts, action)(argument)


def test_other_machines_are_not_served_without_a_lock(accounts: Accounts) -> None:
    with listen("127.0.0.1", 0) as here, listen("0.0.0.0", 0) as everywhere:
        refuse_open_door(here, accounts)
        with pytest.raises(PortError, match=r"^Whoever can reach 0\.0\.0\.0 .* --i-know-it-is-open\.$"):
            refuse_open_door(everywhere, accounts)
        accounts.add_token("robot")
        refuse_open_door(everywhere, accounts)
