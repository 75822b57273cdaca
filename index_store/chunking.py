"""Cutting an abstract into passages that the embedder reads whole.

A passage is a run of whole sentences; together with the paper's title it stays within the embedder's token limit, so
that nothing is dropped in silence.  An abstract gets as few passages as possible, of sizes as even as possible: a last
passage of one short sentence would make a poor vector.  A sentence too long for a passage is cut between words.
Pure: counts tokens with the function it is given, and knows no model.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from index_store.sentences import sentence_spans
from index_store.types import Span

TokenSpans = Callable[[str], list[Span]]

SPECIAL_TOKENS = 2  # what the model puts around a text: [CLS] and [SEP], or <s> and </s>
_TITLE_SHARE = 0.4  # of the limit at most; the rest of an endless title is left out of the vector, never of the paper
_WORST_SPLIT_GROWTH = 4  # a word cut off from its neighbours may take a few tokens more than it did in context


def embedding_text(title: str, text: str, token_spans: TokenSpans, max_tokens: int) -> str:
    """Join a title and a passage as they are embedded."""
    head = _short_title(title, token_spans, max_tokens).rstrip(". ")
    return f"{head}. {text}" if head else text


def passage_spans(title: str, abstract: str, token_spans: TokenSpans, max_tokens: int) -> list[Span]:
    """Cut ``abstract`` into passages: spans in order that together hold every word of it.

    ``max_tokens`` is the model's limit, special tokens included.
    """
    head = embedding_text(title, "", token_spans, max_tokens)
    budget = max(1, max_tokens - SPECIAL_TOKENS - len(token_spans(head)))
    tokens = token_spans(abstract)
    units = [unit for span in sentence_spans(abstract) for unit in _fitting(abstract, span, tokens, budget)]
    sizes = [_tokens_in(tokens, unit) for unit in units]
    if not units:
        return [Span(0, 0)]  # a paper that is only a title is found by it
    budget = max(budget, *sizes)  # a character of several tokens cannot be cut, however small the model
    fewest = len(_greedy(sizes, budget))
    # The evenest cut: the smallest capacity that needs no further passage; more room never needs more of them.
    capacities = range(max(sizes), budget + 1)
    capacity = capacities[bisect_left(capacities, True, key=lambda c: len(_greedy(sizes, c)) <= fewest)]
    return [Span(units[first].start, units[last].end) for first, last in _greedy(sizes, capacity)]


def _short_title(title: str, token_spans: TokenSpans, max_tokens: int) -> str:
    spans, limit = token_spans(title), int(max_tokens * _TITLE_SHARE)
    return title if len(spans) <= limit else title[: spans[limit - 1].end]


def _greedy(sizes: list[int], capacity: int) -> list[tuple[int, int]]:
    """Fill groups of at most ``capacity`` in order: (first, last) positions, both inclusive."""
    groups: list[tuple[int, int]] = []
    filled = capacity + 1
    for position, size in enumerate(sizes):
        if filled + size > capacity:
            groups.append((position, position))
            filled = size
        else:
            groups[-1] = (groups[-1][0], position)
            filled += size
    return groups


def _tokens_in(tokens: list[Span], unit: Span) -> int:
    first = bisect_left(tokens, unit.start, key=lambda t: t.start)
    return bisect_left(tokens, unit.end, key=lambda t: t.start) - first


def _fitting(text: str, sentence: Span, tokens: list[Span], budget: int) -> Iterator[Span]:
    """Yield the sentence, or pieces of it that fit, cut at white space before a token where there is any."""
    start = sentence.start
    limit = max(1, budget - _WORST_SPLIT_GROWTH)
    while _tokens_in(tokens, Span(start, sentence.end)) > budget:
        first = bisect_left(tokens, start, key=lambda t: t.start)
        begins = [token.start for token in tokens[first + 1 : first + limit + 1] if token.start > start]
        cut = next((at for at in reversed(begins) if text[at - 1].isspace()), begins[-1] if begins else sentence.end)
        yield Span(start, start + len(text[start:cut].rstrip()))
        start = cut
    yield Span(start, sentence.end)
