"""Options that several commands of ``citewell`` have.  Knows no command."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from index_store.errors import SettingsError
from index_store.types import Scope
from ui.scopes import make_scope


def scoped(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that narrow a command to a part of the library; the command gets them as ``scope``."""

    @wraps(command)
    def narrowed(*args: Any, collection: str | None, year: str | None, **kwargs: Any) -> None:
        try:
            scope = make_scope((collection,) if collection else (), year)
        except SettingsError as exc:
            raise click.BadParameter(str(exc), param_hint="--year") from exc
        command(*args, scope=scope, **kwargs)

    years = click.option("--year", metavar="RANGE", help="Only papers of: 2020, 2019..2023, 2019.. or ..2023.")
    return click.option("--collection", metavar="NAME", help="Only the papers of this collection.")(years(narrowed))


def tell_where_empty(scope: Scope, count: Callable[[], int]) -> None:
    """Say on stderr that no paper at all lies in the scope, where ``count`` gives 0: a slip in a name finds nothing."""
    from rag.wording import scope_notice

    if scope and not count():
        click.echo(scope_notice(scope), err=True)
