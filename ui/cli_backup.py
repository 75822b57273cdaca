"""The commands ``citewell backup`` and ``citewell restore``.  Know no file of the home."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--with-index", is_flag=True, help="Put the indexes in too: a larger file, restored sooner.")
@click.pass_obj
def backup(home: Path | None, file: Path, with_index: bool) -> None:
    """Write papers, conversations, settings, feedback and accounts to one FILE.  A server may go on running.

    Of passwords and tokens it holds what HOME/accounts.sqlite3 holds: their hashes.

    \b
    citewell backup citewell-monday.tar.gz
    """
    from index_store.backup import write
    from rag.settings import resolve
    from ui.progress import bars

    with bars() as progress:
        made = write(resolve({"home": home}).home, file, with_index=with_index, progress=progress)
    click.echo(f"{file} holds {len(made.files):,} files, {file.stat().st_size / 1e6:,.1f} MB.")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Restore into a home that is not empty; what is there is kept beside.")
@click.pass_obj
def restore(home: Path | None, file: Path, force: bool) -> None:
    """Bring a backup back.  Nothing in the home is touched before all of FILE has been checked.

    While a server uses the home it is refused: stop the server first.  Indexes that the backup does not have are made
    again.

    \b
    citewell restore citewell-monday.tar.gz
    """
    from ui.restoring import restore_home

    made, before = restore_home(home, file, force=force)
    click.echo(f"The library of {made.written_at} is back.")
    if before is not None:
        click.echo(f"What was there before is in {before}; remove it when you do not need it.", err=True)
