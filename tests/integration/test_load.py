"""Many clients at once, on loopback: nobody is turned away without a word of when, and nothing stays behind."""

from __future__ import annotations

import pytest

from eval.benchmarks.load import measure, parts_of
from eval.benchmarks.observed import Sight, growth
from eval.metrics import percentile


@pytest.mark.slow
def test_many_clients_meet_no_error_also_where_the_model_is_silent() -> None:
    # Twelve seconds, for a slow machine lets the last in after five; no more, or the first would leave and ask again.
    loads, _ = measure(parts_of(clients=140, seconds=12)[1:])
    beside, silent = loads
    assert [load.tally.errors for load in loads] == [{}, {}]
    assert len(beside.tally.ms) > 50
    assert silent.tally.left == 128  # as many as are answered at once
    assert silent.tally.statuses[429] >= 12
    health = percentile(silent.tally.probes["health"], 95)
    assert health is not None
    assert health < 1000
    assert silent.after.threads <= beside.after.threads + 3  # before, not every thread that is kept had begun
    assert silent.after.files <= beside.after.files + 3
    assert silent.seen[-1].rss < 1.1 * beside.seen[-1].rss


def test_growth_is_the_slope_of_the_last_two_thirds_in_megabytes_a_minute() -> None:
    seen = [Sight(second, 100 if second < 2 else 500 + 0.5 * second, 9, 9) for second in range(6)]
    assert growth(seen) == pytest.approx(30)
    assert growth(seen[:3]) != growth(seen[:3])  # too few to tell
