"""The years and collections that a user names, as the ``Scope`` of a search; shared by the REST interface and the CLI.

Knows no request and no command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from index_store.errors import SettingsError
from index_store.types import Scope

_YEARS = re.compile(r"(?P<only>\d{4})|(?P<first>\d{4})?\.\.(?P<last>\d{4})?", re.ASCII)


def make_scope(collections: Iterable[str] = (), year: str | int | None = None) -> Scope:
    """Build the scope of a question.  Raises ``SettingsError`` where ``year`` is none."""
    first, last = (None, None) if year is None else parse_years(year)
    return Scope(collections=tuple(collections), first_year=first, last_year=last)


def parse_years(year: str | int) -> tuple[int | None, int | None]:
    """Read ``2020``, ``2019..2023``, ``2019..`` or ``..2023``; both ends belong to the range, None is open.

    Raises ``SettingsError`` for anything else, also for a range that runs backwards.
    """
    match = _YEARS.fullmatch(str(year).replace(" ", ""))
    if match is None or not any(match.groups()):
        raise SettingsError(f"{str(year)!r} is not a range of years: write 2020, 2019..2023, 2019.. or ..2023.")
    first, last = match["only"] or match["first"], match["only"] or match["last"]
    low, high = (int(end) if end else None for end in (first, last))
    if low is not None and high is not None and low > high:
        raise SettingsError(f"The years {str(year)!r} run backwards: write {high}..{low}.")
    return low, high
