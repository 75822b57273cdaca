"""Which of some records are one paper: the surest likeness first, and never against a contradiction or the user.

A deterministic function of the records, so the order they came in does not matter.  Pure; knows no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from index_store.identity import entry_digest
from index_store.records import Record
from index_store.sameness import contradicts, likeness

Verdicts = Mapping[frozenset[str], bool]
"""What the user decided: two records' names -> one paper, or two."""


def clustered(records: Sequence[Record], verdicts: Verdicts) -> list[list[Record]]:
    """Part records into papers."""
    ordered = sorted(records, key=lambda record: (entry_digest(record.paper), record.path, record.local_id))
    home = list(range(len(ordered)))
    members = {i: [i] for i in home}
    forced: set[int] = set()
    for _, i, j, is_forced in sorted(_edges(ordered, verdicts)):
        a, b = home[i], home[j]
        checked = not is_forced and a not in forced and b not in forced
        if a == b or _parted(ordered, members[a], members[b], verdicts, checked=checked):
            continue
        if is_forced or a in forced or b in forced:
            forced.add(a)
        for k in members.pop(b):
            members[a].append(k)
            home[k] = a
    return [[ordered[i] for i in sorted(group)] for group in members.values()]


def _edges(records: Sequence[Record], verdicts: Verdicts) -> list[tuple[float, int, int, bool]]:
    found = []
    for i, j in combinations(range(len(records)), 2):
        verdict = verdicts.get(frozenset((records[i].name, records[j].name)))
        if verdict:
            found.append((float("-inf"), i, j, True))
        elif verdict is None and (like := likeness(records[i].paper, records[j].paper)) > 0:
            found.append((-like, i, j, False))
    return found


def _parted(
    records: Sequence[Record], left: Sequence[int], right: Sequence[int], verdicts: Verdicts, *, checked: bool
) -> bool:
    """Tell whether the user keeps two groups apart or, where that is ``checked``, any two of their records do."""
    for i in left:
        for j in right:
            verdict = verdicts.get(frozenset((records[i].name, records[j].name)))
            if verdict is False or (verdict is None and checked and contradicts(records[i].paper, records[j].paper)):
                return True
    return False
