"""Where sentences end: the cuts that a reader would see, and the text that must never be lost."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.sentences import sentence_spans

PROSE = st.text(alphabet="aBc .!?()[]\"”'12,;\n\t$\\é", max_size=200)


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["We train a model.", "It works."],
        ["Does it scale?", "It does!", "We show how."],
        ["Results hold, e.g. on noisy data, i.e. in practice.", "We release code."],
        ["This follows Smith et al. (2019) and beats Jones et al. by far.", "It is fast."],
        ["Samples are i.i.d. draws.", "Others are not."],
        ["See Fig. 3 and Eq. 4 for the proof.", "It is short."],
        ["Work by Dr. J. Smith and John R. Smith is close.", "We differ."],
        ["We prefer method B.", "It is simpler."],
        ["Accuracy rises by 3.5 points vs. the best of 0.7 before.", "Cost falls."],
        ["Steps are (1) cut; (2) embed; (3) fuse.", "All are cheap."],
        ["1. First, we collect data.", "2. Then we train."],
        ['They say "it fails."', "We disagree."],
        ["The loss is $L = a.b$.", "$\\alpha$ is fixed."],
        ["We use text, images, etc.", "Sound comes later."],
        ["We use images, etc. from the web."],
        ["It is so... and then it is not.", "Fine."],
    ],
)
def test_cuts_where_a_reader_would(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts


def test_a_missing_space_after_the_full_stop_is_an_end() -> None:
    assert sentences("We built a model.The results are good.") == ["We built a model.", "The results are good."]


def test_a_dot_inside_a_name_is_no_end() -> None:
    assert sentences("The library tf.Keras and torch.nn agree.") == ["The library tf.Keras and torch.nn agree."]


def test_nothing_in_nothing_out() -> None:
    assert sentence_spans("") == sentence_spans(" \n\t ") == []


@given(PROSE)
def test_spans_cover_all_but_white_space_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert all(text[s.start : s.end] == text[s.start : s.end].strip() != "" for s in spans)


@pytest.mark.parametrize("text", ["." * 100_000, "e.g. " * 20_000, "Ab. " * 25_000, ".)" * 50_000, "a" * 100_000])
def test_odd_texts_take_linear_time(text: str) -> None:
    started = time.monotonic()
    sentence_spans(text)
    assert time.monotonic() - started < 3.0
