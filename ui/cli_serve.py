"""The commands that keep running: ``citewell serve`` for people and programs, ``citewell mcp`` for an agent's pipes.

Knows no page and no protocol.
"""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_store.errors import CitewellError

if TYPE_CHECKING:
    from rag.assistant import Assistant


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=7860, show_default=True, help="0 takes a free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in your browser.")
@click.option("--i-know-it-is-open", is_flag=True, help="Listen for other machines without asking who they are.")
@click.pass_obj
def serve(home: Path | None, host: str, port: int, open_browser: bool, i_know_it_is_open: bool) -> None:
    """Serve the chat page, and for programs REST, OpenAI's API and MCP.

    An empty library is filled with the starter library first.  With users or tokens (`citewell user`, `citewell token`)
    everyone has to sign in; without them only this machine is served.
    """
    from rag.assemble import assemble, reassemble
    from rag.preferences import Preferences
    from rag.settings import resolve
    from ui.accounts import Accounts
    from ui.indexing import index_into, is_empty
    from ui.measured import MeasuredAssistant
    from ui.server import listen, refuse_open_door, serve_on

    settings = resolve({"home": home})
    with listen(host, port) as listener, closing(Accounts(settings.home)) as accounts:
        # What forbids serving is known before anything slow begins.
        if not i_know_it_is_open:
            refuse_open_door(listener, accounts)
        if is_empty(settings):
            click.echo("Your library is empty, so I read the starter library first.", err=True)
            index_into(settings, (), None, with_starter=True)
        with closing(assemble(settings)) as assistant:
            threading.Thread(target=_warm, args=(assistant,), daemon=True).start()
            preferences = Preferences(settings, partial(reassemble, assistant))
            serve_on(listener, MeasuredAssistant(assistant), open_browser, accounts, preferences)


@click.command()
@click.pass_obj
def mcp(home: Path | None) -> None:
    """Serve the library to an agent over standard input and output (Model Context Protocol)."""
    from rag.assemble import assemble
    from rag.settings import resolve
    from ui.mcp_server import build_mcp

    with closing(assemble(resolve({"home": home}))) as assistant:
        build_mcp(assistant).run("stdio")


def _warm(assistant: Assistant) -> None:
    try:
        assistant.warm()
    except CitewellError as exc:  # the first question will say it again, to the person who asks it
        click.echo(f"citewell: {exc}", err=True)
