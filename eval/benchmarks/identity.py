"""One paper once: are records of one study merged, and those of two kept apart?

    python -m eval.benchmarks.identity [--dev]

Each pair is taken into a catalogue of its own, in both orders, as a build does it; the two orders must agree.  Merging
two studies costs precision, keeping one study apart costs recall.  The page shows the ``test`` half, which no threshold
was chosen on; ``--dev`` prints the mistakes of the other half.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from eval.benchmarks.tables import figure, table
from eval.identity_pairs import IdentityPair, identity_pairs
from index_store.catalogue import Catalogue
from index_store.intake import Intake
from index_store.types import Entry, Paper

_PAGE = Path(__file__).parents[1] / "results" / "identity.md"


def are_merged(first: Paper, second: Paper, folder: Path) -> bool:
    """Tell whether two records become one paper, whichever comes first."""
    counts = []
    for order, papers in enumerate(((first, second), (second, first))):
        with closing(Catalogue(folder / f"{order}.sqlite3")) as catalogue, catalogue.transaction():
            intake = Intake(catalogue)
            for paper in papers:
                intake.add(Entry(paper, Path("/first" if paper is first else "/second"), 1))
            counts.append(len(catalogue))
    assert counts[0] == counts[1], "the order in which records come must not matter"
    return counts[0] == 1


def judged(pairs: Sequence[IdentityPair]) -> list[tuple[IdentityPair, bool]]:
    """Give each pair with what the catalogue made of it: whether it was merged."""
    found = []
    for pair in pairs:
        with tempfile.TemporaryDirectory() as folder:
            found.append((pair, are_merged(pair.first, pair.second, Path(folder))))
    return found


def precision_and_recall(results: Sequence[tuple[IdentityPair, bool]]) -> tuple[float | None, float | None]:
    merged = [pair.same for pair, was in results if was]
    same = [was for pair, was in results if pair.same]
    return (sum(merged) / len(merged) if merged else None), (sum(same) / len(same) if same else None)


def page(results: Sequence[tuple[IdentityPair, bool]]) -> str:
    """Put the page together."""
    kinds: dict[str, list[tuple[IdentityPair, bool]]] = defaultdict(list)
    for result in results:
        kinds[result[0].kind].append(result)
    rows = []
    for kind, each in kinds.items():
        right = sum(was == pair.same for pair, was in each)
        rows.append([kind, "one study" if each[0][0].same else "two", str(len(each)), str(right)])
    precision, recall = precision_and_recall(results)
    return (
        "\n\n".join(
            [
                "# One paper once",
                f"Made on {datetime.now(UTC):%Y-%m-%d} by `python -m eval.benchmarks.identity`.",
                f"The test half of `eval/pairs/identity.jsonl`: {len(results)} pairs of records of invented papers;"
                " each pair goes into a catalogue in both orders, with the same result.",
                f"Precision {figure(precision)}, recall {figure(recall)} of merging.",
                table(["what is between the two", "they are", "pairs", "right"], rows),
            ]
        )
        + "\n"
    )


def main(arguments: Sequence[str]) -> None:
    if arguments == ["--dev"]:
        results = judged(identity_pairs("dev"))
        click.echo(" ".join(figure(share) for share in precision_and_recall(results)))
        for pair, was in results:
            if was != pair.same:
                click.echo(f"{pair.kind}: merged {was}\n  {pair.first.title}\n  {pair.second.title}")
        return
    _PAGE.write_text(page(judged(identity_pairs("test"))), "utf-8")
    click.echo(f"{_PAGE} is written.")


if __name__ == "__main__":
    main(sys.argv[1:])
