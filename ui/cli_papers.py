"""The commands ``citewell papers`` and ``citewell export``: list papers, remove some, write them for other programs.

Knows no index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui import terminal
from ui.cli_options import scoped

if TYPE_CHECKING:
    from index_store.types import Scope
    from rag.settings import Settings

_QUERY = click.option("--query", default="", metavar="TEXT", help="Only papers with this text in title or authors.")
_FORMATS = click.Choice(["jsonl", "bibtex", "ris", "csl-json", "csv"])


@click.command()
@scoped
@_QUERY
@click.option("--remove", multiple=True, metavar="ID", help="Remove a paper; its files do not bring it back.")
@click.option("--restore", multiple=True, metavar="ID", help="Bring a removed paper back.")
@click.option("--removed", is_flag=True, help="List the papers that were removed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_obj
def papers(home: Path | None, /, query: str, scope: Scope, as_json: bool, **changes: Any) -> None:
    """List the papers in the library, by title; or remove some, and bring them back.

    `citewell papers --json` shows the ids.
    """
    from rag.settings import resolve
    from rag.types import full_paper_to_dict
    from ui.indexing import all_papers

    settings = resolve({"home": home})
    wanted = [name for name, value in changes.items() if value]
    if len(wanted) > 1:
        raise click.UsageError("Give one of --remove, --restore and --removed.")
    if wanted:
        _change(settings, wanted[0], changes[wanted[0]], as_json)
        return
    listed = all_papers(settings, query, scope)
    if as_json:
        _print_json({"papers": [full_paper_to_dict(paper) for paper in listed], "total": len(listed)})
    else:
        click.echo(terminal.papers(listed))


@click.command()
@click.option("--format", "format_name", type=_FORMATS, default="jsonl", show_default=True, help="The kind of file.")
@scoped
@_QUERY
@click.pass_obj
def export(home: Path | None, format_name: str, query: str, scope: Scope) -> None:
    """Print the papers as JSON Lines, which `citewell index` reads back, or for a reference manager.

    \b
    citewell export > papers.jsonl
    """
    from rag.settings import resolve
    from ui.indexing import all_papers
    from ui.references import references

    written = references(format_name, all_papers(resolve({"home": home}), query, scope))
    click.echo(written.encode(), nl=False)  # as bytes: lines end as they were written, on any system


def _change(settings: Settings, change: str, paper_ids: Sequence[str], as_json: bool) -> None:
    from ui.indexing import remove_papers, removed_papers, restore_papers

    if change == "removed":
        gone = removed_papers(settings)
    else:
        gone = remove_papers(settings, paper_ids) if change == "remove" else restore_papers(settings, paper_ids)
    if as_json:
        _print_json({"papers": [asdict(each) for each in gone]})
    else:
        click.echo(terminal.removed(gone, back=change == "restore"))


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
