"""The command ``citewell index``: read papers, make the indexes again, or go back to the ones before.

What it did goes to stdout, what could not be read and how a check came out to stderr.  Knows no index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_store.counting import holdings
from ui import terminal

if TYPE_CHECKING:
    from index_store.build import IndexReport
    from index_store.types import Rejection
    from rag.settings import Settings

_FILE = click.Path(path_type=Path)
_MARGIN = 0.02


@click.command()
@click.argument("paths", nargs=-1, type=_FILE, metavar="PATH...")
@click.option("--collection", metavar="NAME", help="Put the papers into this collection.")
@click.option("--starter", is_flag=True, help="Read the starter library of landmark papers, to try Citewell with.")
@click.option("--rebuild", is_flag=True, help="Make the indexes again from the catalogue, with the embedder in force.")
@click.option(
    "--check",
    "questions",
    type=_FILE,
    metavar="QUESTIONS",
    help="With --rebuild: keep the old indexes if recall@5 of these questions (JSON Lines) falls.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    help=f"With --check: by how much recall@5 may fall; without it, {_MARGIN:g}.",
)
@click.option(
    "--remove-gone", is_flag=True, help="Remove the papers that the files named had before and no longer have."
)
@click.option(
    "--ray",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Read, cut and embed on a Ray cluster: the one at auto, HOST:PORT or ray://HOST:PORT, else one started on this"
    " machine.  Goes after the paths.",
)
@click.option("--rollback", is_flag=True, help="Bring back the library as it was before the last --rebuild.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_obj
def index(home: Path | None, /, paths: Sequence[Path], collection: str | None, as_json: bool, **options: Any) -> None:
    """Read files or folders into the library: BibTeX, RIS, CSL-JSON, EndNote, PubMed, JSON Lines, CSV, Parquet,
    dumps of listing pages.

    Also what arXiv (snapshot, Atom), OAI-PMH archives, OpenAlex, Semantic Scholar and Hugging Face's daily papers give,
    and all of it packed as gz, zst or zip.  `citewell fetch` gets papers from the network.

    What cannot be read is reported as path:line: reason, and the rest is indexed.  Reading a file again changes
    nothing; an edited abstract replaces the old one.  Papers that a file (or a file in an archive) had before and no
    longer has are named, and stay until --remove-gone takes them out.  Your first own papers replace the starter
    library.

    A rebuild makes new indexes beside the old ones, which go on answering until the new ones are complete.

    With --ray (pip install 'citewell[ray]') the workers of a cluster read, cut and embed, or embed for a rebuild, and
    this process writes; the library comes out the same.  Every worker needs Citewell, and your files under the same
    paths.

    \b
    citewell index references.bib papers.jsonl listing.txt folder/
    citewell index talks.csv --collection "reading group"
    citewell index /shared/arxiv/ --ray ray://head:10001
    citewell index --rebuild --ray auto
    """
    from ui.indexing import index_into

    if options["ray"] is not None:
        _refuse_odd_cluster(options["ray"], has_work=bool(paths) or options["rebuild"])
    _refuse_odd_company(paths, options)
    settings = _settings(home)
    if options["rollback"]:
        _roll_back(settings, as_json)
    elif options["rebuild"]:
        _rebuild(settings, options, as_json)
    else:
        remove = options["remove_gone"]
        report = index_into(
            settings, paths, collection, with_starter=options["starter"], remove_departed=remove, ray=options["ray"]
        )
        _tell(report.rejected)
        if report.departed:
            click.echo(terminal.departed(report.departed, removed=remove), err=True)
        _print(report.to_dict() if as_json else terminal.index_summary(report))
        if report.rejected:
            raise SystemExit(1)


def _refuse_odd_company(paths: Sequence[Path], options: Mapping[str, Any]) -> None:
    wanted = bool(paths) + options["starter"] + options["rebuild"] + options["rollback"]
    if not wanted:
        raise click.UsageError("Name files or folders to read, or --starter, or --rebuild, or --rollback.")
    if wanted > 1:
        raise click.UsageError("Files to read, --starter, --rebuild and --rollback do not go together: give one.")
    if options["questions"] and not options["rebuild"]:
        raise click.UsageError("--check goes with --rebuild.")
    if options["margin"] is not None and not options["questions"]:
        raise click.UsageError("--margin goes with --check.")
    if options["remove_gone"] and not paths:
        raise click.UsageError("--remove-gone goes with files or folders to read.")


def _refuse_odd_cluster(address: str, *, has_work: bool) -> None:
    from index_store.on_ray.connecting import is_address

    if not is_address(address):
        raise click.UsageError(
            f"--ray takes auto, HOST:PORT or ray://HOST:PORT, not {address!r}. Files and folders go before it."
        )
    if not has_work:
        raise click.UsageError("--ray goes with files or folders to read, or with --rebuild.")


def _rebuild(settings: Settings, options: Mapping[str, Any], as_json: bool) -> None:
    from ui.rebuilding import Guard, rebuild_library

    margin = _MARGIN if options["margin"] is None else options["margin"]
    guard = Guard(options["questions"], margin) if options["questions"] else None
    done = rebuild_library(settings, guard, options["ray"])
    _tell(done.check.rejected if done.check else ())
    if done.conclusion:
        click.echo(done.conclusion, err=True)
    _print(done.to_dict() if as_json else _rebuilt(done.report))


def _roll_back(settings: Settings, as_json: bool) -> None:
    from ui.rebuilding import roll_back_library

    back = roll_back_library(settings)
    document = {"papers": back.papers, "passages": back.passages, "embedder": back.recipe.embedder}
    sentence = (
        f"The library as it was at {back.written_at} is back: {holdings(back.papers, back.passages)},"
        f" built with the embedder {back.recipe.embedder}."
    )
    _print(document if as_json else sentence)


def _rebuilt(report: IndexReport) -> str:
    return (
        f"Made the indexes again in {report.seconds:.1f} s.\n"
        f"The library holds {holdings(report.papers, report.passages)}."
    )


def _tell(rejected: Sequence[Rejection]) -> None:
    for rejection in rejected:
        click.echo(str(rejection), err=True)


def _print(result: dict[str, Any] | str) -> None:
    click.echo(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, indent=2))


def _settings(home: Path | None) -> Settings:
    from rag.settings import resolve

    return resolve({"home": home})
