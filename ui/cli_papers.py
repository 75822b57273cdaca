"""The commands ``citewell papers`` and ``citewell export``: list papers, remove, part or join some, or
write them for other programs.

Knows no index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui import terminal
from ui.cli_options import scoped, tell_where_empty

if TYPE_CHECKING:
    from index_store.build import Progress
    from index_store.shelf import Shelf
    from index_store.types import Paper, Scope
    from rag.settings import Settings

_QUERY = click.option("--query", default="", metavar="TEXT", help="Only papers with this text in title or authors.")
_FORMATS = click.Choice(["jsonl", "bibtex", "ris", "csl-json", "csv"])


@click.group(invoke_without_command=True)
@scoped
@_QUERY
@click.option("--remove", multiple=True, metavar="ID", help="Remove a paper; its files do not bring it back.")
@click.option("--restore", multiple=True, metavar="ID", help="Bring a removed paper back.")
@click.option("--removed", is_flag=True, help="List the papers that were removed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_context
def papers(context: click.Context, /, query: str, scope: Scope, as_json: bool, **changes: Any) -> None:
    """List the papers in the library, by title; remove some, and bring them back; part what was merged wrongly.

    `citewell papers --json` shows the ids.
    """
    if context.invoked_subcommand is not None:
        return
    from rag.settings import resolve
    from rag.types import full_paper_to_dict

    settings = resolve({"home": context.obj})
    wanted = [name for name, value in changes.items() if value]
    if len(wanted) > 1:
        raise click.UsageError("Give one of --remove, --restore and --removed.")
    if wanted:
        _change(settings, wanted[0], changes[wanted[0]], as_json)
        return
    listed = _listed(settings, query, scope)
    if as_json:
        _print_json({"papers": [full_paper_to_dict(paper) for paper in listed], "total": len(listed)})
    else:
        click.echo(terminal.papers(listed))


@papers.command()
@click.argument("paper_id")
@click.option("--source", "sources", multiple=True, metavar="FILE", help="A source that leaves: FILE or FILE:LINE.")
@click.pass_obj
def split(home: Path | None, paper_id: str, sources: Sequence[str]) -> None:
    """Take a paper apart that was made of several sources but is several papers.

    Without --source, each source becomes a paper of its own.  No later run puts them together again.

    \b
    citewell papers split arXiv:2401.00001 --source talks.csv
    """
    from index_store import parting

    _part(home, lambda shelf, progress: parting.split(shelf, paper_id, sources, progress))
    _tell_undo()


@papers.command()
@click.argument("first")
@click.argument("second")
@click.pass_obj
def merge(home: Path | None, first: str, second: str) -> None:
    """Make one paper of two that are the same study.  No later run takes them apart again.

    \b
    citewell papers merge arXiv:2401.00001 doi:10.1000/xyz
    """
    from index_store import parting

    _part(home, lambda shelf, progress: parting.merge(shelf, first, second, progress))
    _tell_undo()


@papers.command()
@click.pass_obj
def undo(home: Path | None) -> None:
    """Take back the last split or merge."""
    from index_store import parting

    _part(home, parting.undo)


def _part(home: Path | None, change: Callable[[Shelf, Progress], list[Paper]]) -> None:
    from rag.settings import resolve
    from ui.indexing import part_papers

    found = part_papers(resolve({"home": home}), change)
    head = "One paper now:" if len(found) == 1 else f"{len(found)} papers now:"
    click.echo("\n".join([head, *(f"  {paper.id}  {paper.title}  ({_sources(paper)})" for paper in found)]))


def _tell_undo() -> None:
    click.echo("`citewell papers undo` takes this back.", err=True)


def _sources(paper: Paper) -> str:
    return ", ".join(f"{Path(source.path).name}:{source.line}" for source in paper.sources)


@click.command()
@click.option("--format", "format_name", type=_FORMATS, default="jsonl", show_default=True, help="The kind of file.")
@scoped
@_QUERY
@click.pass_obj
def export(home: Path | None, format_name: str, query: str, scope: Scope) -> None:
    """Print the papers as JSON Lines, which `citewell index` reads back, or for a reference manager.

    `citewell index --collection NAME` says which collection they go into; it does not go by those that are written.

    \b
    citewell export > papers.jsonl
    """
    from rag.settings import resolve
    from ui.references import references

    written = references(format_name, _listed(resolve({"home": home}), query, scope))
    click.echo(written.encode(), nl=False)  # as bytes: lines end as they were written, on any system


def _listed(settings: Settings, query: str, scope: Scope) -> list[Paper]:
    from ui.indexing import all_papers

    found = all_papers(settings, query, scope)
    if not found:
        tell_where_empty(scope, lambda: len(all_papers(settings, "", scope)))
    return found


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
