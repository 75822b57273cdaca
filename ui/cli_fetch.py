"""The commands ``citewell fetch`` and ``citewell watch``: papers from services on the network.

The only commands that use the network for papers.  What came goes to stdout, what could not be read to stderr.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_store.counting import counted
from index_store.errors import CitewellError, FetchError
from ui import terminal

if TYPE_CHECKING:
    from rag.settings import Settings
    from ui.fetching import Fetched

_DATE = click.DateTime(["%Y-%m-%d"])
_SPAN = re.compile(r"(\d{1,4})\s*(m|h|d)")
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_SHOWN = 50  # titles of new papers
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


@click.group()
def fetch() -> None:
    """Fetch papers from arXiv, OpenAlex or Hugging Face's daily papers into the library.

    Only `fetch` and `watch` use the network for papers.  They ask slowly, say who they are (CITEWELL_CONTACT, or
    contact = "you@example.org" in settings.toml), and keep the pages below HOME/fetched.  Stopped at any moment, the
    same command goes on where it was; run again later, it fetches what has come since.

    \b
    citewell fetch arxiv --query "cat:cs.CL AND abs:retrieval" --since 2026-01-01
    citewell fetch daily-papers --since 2026-11-01
    citewell watch --every 24h
    """


def _fetching(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that all services have; the command gives its service's name and options."""

    @wraps(command)
    def fetching(
        home: Path | None, /, since: datetime | None, most: int | None, afresh: bool, as_json: bool, **options: Any
    ) -> None:
        from index_store.fetching.ledger import Order
        from ui.fetching import fetch_into

        collection, mailto = options.pop("collection"), options.pop("mailto", None)
        given = {
            name: str(value).rstrip("/") if name == "server" else value for name, value in options.items() if value
        }
        if options.keys() > {"server"} and not given.keys() - {"server"}:
            raise click.UsageError("Say what to fetch: --query, for OpenAlex also --filter.")
        order = Order(str(click.get_current_context().info_name), given, collection)
        first = None if since is None else since.date()
        done = fetch_into(_settings(home, mailto), order, first, most, afresh=afresh)
        _tell(done)
        click.echo(json.dumps(done.to_dict(), ensure_ascii=False, indent=2) if as_json else _summary(done))
        if done.problem:
            raise FetchError(done.problem)

    options = (
        click.option("--since", type=_DATE, metavar="DATE", help="From this day on, as in 2026-01-31."),
        click.option("--max", "most", type=click.IntRange(1), metavar="N", help="Stop after about N papers."),
        click.option("--collection", metavar="NAME", help="Put the papers into this collection."),
        click.option(
            "--afresh",
            is_flag=True,
            help="Begin again at the first page, where a service does not know any more where to go on.",
        ),
        click.option("--server", metavar="URL", help="Ask this server instead: a mirror, or a test."),
        _JSON,
    )
    made: Callable[..., None] = fetching
    for option in reversed(options):
        made = option(made)
    return click.pass_obj(made)


@fetch.command("arxiv")
@click.option("--query", required=True, help="Words, or arXiv's own language: cat:cs.CL AND ti:tides.")
@_fetching
def arxiv() -> None:
    """Fetch what arXiv's search finds, one request in three seconds, 200 papers each.

    \b
    citewell fetch arxiv --query "state space models" --since 2026-01-01 --max 500
    """


@fetch.command("daily-papers")
@_fetching
def daily_papers() -> None:
    """Fetch Hugging Face's daily papers, day by day, one request a second.

    \b
    citewell fetch daily-papers --since 2026-11-01 --collection daily
    """


@fetch.command("openalex")
@click.option("--query", "--search", "search", default="", help="Words to search titles, abstracts and texts for.")
@click.option("--filter", "filter", default="", help="OpenAlex's own filter: type:article,is_oa:true.")
@click.option("--mailto", metavar="ADDRESS", help="Your e-mail address, for OpenAlex to reach you (CITEWELL_CONTACT).")
@_fetching
def openalex() -> None:
    """Fetch works of OpenAlex that have an abstract, five requests a second, 100 works each.

    OpenAlex asks for a key, free at openalex.org/settings/api: set CITEWELL_OPENALEX_KEY.

    \b
    citewell fetch openalex --search "tidal energy" --filter type:article --since 2025-01-01
    """


@click.command()
@click.option("--every", default="24h", show_default=True, metavar="TIME", help="How often: 30m, 12h, 7d.")
@click.option("--once", is_flag=True, help="Look once, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a round and nothing else.")
@click.pass_obj
def watch(home: Path | None, every: str, once: bool, as_json: bool) -> None:
    """Fetch again what has been fetched before, on a schedule, and say what is new.

    A search that is not to be watched any more: remove its folder below HOME/fetched; its papers stay.

    \b
    citewell watch --every 24h
    citewell watch --once --json
    """
    pause = _seconds(every)
    settings = _settings(home, None)
    while True:
        all_well = _look(settings, as_json=as_json)
        if once:
            raise SystemExit(0 if all_well else 1)
        time.sleep(pause)


def _look(settings: Settings, *, as_json: bool) -> bool:
    """Fetch everything that is known once.  Returns whether all went well."""
    from index_store.fetching.ledger import folders
    from ui.fetching import fetch_again, root

    places = folders(root(settings))
    if not places:
        raise FetchError(f"There is nothing to watch: nothing has been fetched into {root(settings)} yet.")
    found, troubles = [], []
    for place in places:
        try:
            done = fetch_again(settings, place)
        except CitewellError as exc:  # the others are looked at all the same
            troubles.append(f"{place.name}: {exc}")
            continue
        _tell(done)
        found.append(done)
        troubles += [f"{place.name}: {done.problem}"] if done.problem else []
    now = datetime.now(UTC).astimezone().isoformat(timespec="minutes")
    if as_json:
        document = {"at": now, "fetched": [each.to_dict() for each in found], "problems": troubles}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([f"{now}:", *(_news(each) for each in found)]))
    for trouble in troubles:
        click.echo(trouble, err=True)
    return not troubles


def _summary(done: Fetched) -> str:
    span = f"of {done.fetch.since} to {done.fetch.until}"
    pages = "1 page" if done.pages == 1 else f"{done.pages:,} pages"
    lines = [f"Fetched {counted(done.papers, 'paper')} from {done.title} in {pages}, {span}."]
    if done.report is not None:
        lines.append(terminal.index_summary(done.report))
    if done.fetch.cursor is not None and not done.problem:
        lines.append("There is more: the same command goes on from here.")
    return "\n".join(lines)


def _news(done: Fetched) -> str:
    words = ", ".join(value for name, value in done.fetch.options.items() if name != "server")
    what = f"{done.title}{f' ({words})' if words else ''}"
    if not done.new:
        return f"{what}: nothing new."
    more = [f"  and {len(done.new) - _SHOWN:,} more"] if len(done.new) > _SHOWN else []
    return "\n".join(
        [f"{what}: {counted(len(done.new), 'paper')} new.", *(f"  {title}" for title in done.new[:_SHOWN]), *more]
    )


def _tell(done: Fetched) -> None:
    for rejection in done.report.rejected if done.report else ():
        click.echo(str(rejection), err=True)


def _seconds(every: str) -> int:
    found = _SPAN.fullmatch(every.strip().lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if seconds < 600:
        raise click.UsageError(f"--every {every} is no time of ten minutes or more, as 30m, 12h and 7d are.")
    return seconds


def _settings(home: Path | None, contact: str | None) -> Settings:
    from rag.settings import resolve

    overrides: Mapping[str, Any] = {"home": home, "contact": contact}
    return resolve(overrides)
