"""Options that several commands of ``citewell`` have.  Knows no command."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ui.scopes import make_scope


def scoped(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that narrow a command to a part of the library; the command gets them as ``scope``."""

    @wraps(command)
    def narrowed(*args: Any, collection: str | None, year: str | None, **kwargs: Any) -> None:
        command(*args, scope=make_scope((collection,) if collection else (), year), **kwargs)

    years = click.option("--year", metavar="RANGE", help="Only papers of: 2020, 2019..2023, 2019.. or ..2023.")
    return click.option("--collection", metavar="NAME", help="Only the papers of this collection.")(years(narrowed))
