"""The commands that keep running: ``citewell serve`` for people and programs, ``citewell mcp`` for an agent's pipes.

Knows no page and no protocol.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from index_store.collecting import put_off
from index_store.errors import CitewellError
from ui.arenas import share_heaps

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.settings import Settings
    from ui.accounts import Accounts
    from ui.request_log import LogFormat

_WAIT_S, _MOST_WAITS = 0.05, 600
_FIRST_PAGE_S = 0.3
"""How long the first page takes that is asked for as soon as the server can be reached."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=7860, show_default=True, help="0 takes a free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in your browser.")
@click.option("--i-know-it-is-open", is_flag=True, help="Listen for other machines without asking who they are.")
@click.option("--name", "names", metavar="HOST", multiple=True, help="What a proxy in front calls this machine.")
@click.option("--access-log", is_flag=True, help="Log each request: who, what, how it ended, how long it took.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
@put_off()
def serve(  # noqa: PLR0913 (one for each option)
    home: Path | None,
    *,
    host: str,
    port: int,
    open_browser: bool,
    i_know_it_is_open: bool,
    names: tuple[str, ...],
    access_log: bool,
    log_format: LogFormat,
) -> None:
    """Serve the chat page, and for programs REST, OpenAI's API and MCP.

    An empty library is filled with the starter library first.  With users or tokens (`citewell user`, `citewell token`)
    everyone has to sign in; without them only this machine is served.

    \b
    citewell serve --open                      for yourself, in your browser
    citewell user add ada                      then, for a team:
    citewell serve --host 0.0.0.0
    citewell serve --name papers.example.org   behind a proxy that speaks TLS
    """
    from rag.settings import resolve
    from ui.accounts import Accounts
    from ui.request_log import configure_logging
    from ui.server import listen, refuse_open_door
    from ui.uploads import make_room, sweep

    share_heaps()
    configure_logging(log_format, requests=access_log)
    settings = resolve({"home": home})
    # Where the page puts files until they are read.  Others of this machine can look into Gradio's own folder for them.
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.home / "arriving"))
    with listen(host, port) as listener, closing(Accounts(settings.home)) as accounts:
        # What forbids serving is known before anything slow begins.
        if not i_know_it_is_open:
            refuse_open_door(listener, accounts)
        make_room(settings.home)
        sweep(settings.home)
        _fill(settings)
        _serve_on(listener, settings, accounts, names, open_browser=open_browser)


def _fill(settings: Settings) -> None:
    """Read the starter library into an empty one."""
    from ui.indexing import index_into, is_empty

    if is_empty(settings):
        click.echo("Your library is empty, so I read the starter library first.", err=True)
        index_into(settings, (), None, with_starter=True)


def _serve_on(
    listener: socket.socket, settings: Settings, accounts: Accounts, names: tuple[str, ...], *, open_browser: bool
) -> None:
    """Serve until the process is asked to end, and let other commands know of it."""
    from rag.assemble import assemble, reassemble
    from rag.preferences import Preferences
    from ui.announcing import announced
    from ui.measured import MeasuredAssistant
    from ui.server import address_of, serve_on
    from ui.traced import traced

    address = address_of(listener)
    told = announced(settings, address, has_door=bool(accounts))
    with closing(assemble(settings)) as assistant, told as tell:
        threading.Thread(target=_warm, args=(assistant, address), daemon=True).start()

        def take_up(changed: Settings) -> None:
            reassemble(assistant, changed)
            tell(changed)

        preferences = Preferences(settings, take_up)
        serve_on(listener, MeasuredAssistant(traced(assistant)), open_browser, accounts, preferences, names)


@click.command()
@click.pass_obj
def mcp(home: Path | None) -> None:
    """Serve the library to an agent over standard input and output (Model Context Protocol).

    \b
    In the agent's settings:  "command": "citewell", "args": ["mcp"]
    """
    from rag.assemble import assemble
    from rag.settings import resolve
    from ui.mcp_server import build_mcp

    with closing(assemble(resolve({"home": home}))) as assistant:
        build_mcp(assistant).run("stdio")


def _warm(assistant: Assistant, address: str) -> None:
    """Load what the first question needs once the page is there; before, it would only hold the page up."""
    place = urlsplit(address)
    for _ in range(_MOST_WAITS):
        with suppress(OSError), socket.create_connection((place.hostname, place.port), _WAIT_S):
            break
        time.sleep(_WAIT_S)
    time.sleep(_FIRST_PAGE_S)
    try:
        assistant.warm()
    except CitewellError as exc:  # the first question will say it again, to the person who asks it
        click.echo(f"citewell: {exc}", err=True)
