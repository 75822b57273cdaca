"""Many clients at once, on loopback: nobody is turned away without being told when to come back."""

from __future__ import annotations

import pytest

from eval.benchmarks.load import measure


@pytest.mark.slow
def test_fifty_clients_meet_no_error_also_beside_a_silent_model() -> None:
    loads, _ = measure(clients=50, seconds=10)
    for load in loads:
        assert load.tally.errors == {}
        assert len(load.tally.ms) > 50
    assert loads[-1].rss[-1] < 1.3 * loads[0].rss[1]  # once every thread has answered, memory stays where it is
