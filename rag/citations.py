"""From a model's text with markers to resolved citations: renumbered by first use, invented ones reported.

``MarkerStream`` works while the text arrives, ``claims`` on the finished text.  Which brackets are markers is decided
in ``rag.markers``.  A marker that names no source stays in the text as written and is reported; since its number is
larger than that of any source, it can never be taken for a renumbered one.  Pure; knows no paper and no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index_store.sentences import sentence_spans
from rag.markers import Marker, Plain, Scanner, Token

_BULLET = re.compile(r"\s*(?:[-*•+]\s+|\d{1,2}[.)]\s+|>\s+)")
_BEFORE_PUNCTUATION = re.compile(r"\s+(?=[.,;:!?)\]])")
_DANGLING = re.compile(r"(?:\s*,|\s+and\b)+\s*(?=[.;!?]?$)")
_EMPTY_BRACKETS = re.compile(r"\s*\(\s*[,;]*\s*\)")
_EMPHASIS = re.compile(r"\*{1,3}|__")
_WORD = re.compile(r"\w")
_COLON_FIRST = re.compile(r"^(?:[-*•+]|\d{1,2}[.)])?:\s*")
_NOUN = r"(?:sources?|references?|citations?|papers?|bibliography)"
_LISTS_SOURCES = re.compile(rf"(?:(?:the|all)\s+)?{_NOUN}(?:\s+(?:used|cited))?\s*[:.]?", re.IGNORECASE)
_ENDED = re.compile(r"[.!?][\"'”’)]*$")
_LOOK_BACK = 200  # characters that tell what a marker follows, so that a line may be long and full of markers
# After these a marker is no footnote but a word of the sentence: "According to [1], …", "as [1] and [2] show".
_WANTS_NOUN = re.compile(
    r"(?:^|[\s(])(?:as|in|to|by|from|of|see|per|with|than|both|unlike|like|e\.g\.|cf\.)$|\](?:,| and|, and| or)$",
    re.IGNORECASE,
)


class MarkerStream:
    """Renumbers markers by first use while the text arrives: the first source cited becomes ``[1]``.

    ``order[k - 1]`` is the index (from 0) of the source shown as ``[k]``; ``invented`` are the markers that name no
    source, as written, each once.  Both grow with the text.
    """

    def __init__(self, n_sources: int) -> None:
        self._n = n_sources
        self._scanner = Scanner()
        self._numbers: dict[int, int] = {}
        self._invented: dict[str, None] = {}

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(self._numbers)

    @property
    def invented(self) -> tuple[str, ...]:
        return tuple(self._invented)

    def feed(self, text: str) -> str:
        """Read a further piece; gives the text that is safe to show, its markers final."""
        return "".join(self._shown(token) for token in self._scanner.feed(text))

    def finish(self) -> str:
        """Read the end of the text; gives the rest."""
        return "".join(self._shown(token) for token in self._scanner.finish())

    def _shown(self, token: Token) -> str:
        if isinstance(token, Plain):
            return token.text
        parts: dict[str, None] = {}
        for span in token.ranges:
            if 1 <= span.start <= span.end <= self._n:
                numbers = [self._number(source) for source in range(span.start - 1, span.end)]
                parts.update(dict.fromkeys(f"[{number}]" for number in numbers))
            else:
                written = _written(token, span.start, span.end)
                parts[written] = self._invented[written] = None
        return "".join(parts)

    def _number(self, source: int) -> int:
        return self._numbers.setdefault(source, len(self._numbers) + 1)


def _written(token: Marker, first: int, last: int) -> str:
    """Give an invented marker as written, or its part of a list."""
    if len(token.ranges) == 1:
        return token.text
    return f"[{first}]" if first == last else f"[{first}-{last}]"


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence of an answer, and the numbers it cites, in order.

    Its markers are left out, but for those that stand as a word: "According to [1], …".
    """

    text: str
    citations: tuple[int, ...]


def claims(text: str, n_citations: int) -> tuple[CitedSentence, ...]:
    """Cut a finished, renumbered text into sentences with the citations that stand in or right after them.

    Headings and lead-ins ("The papers report:") without a citation claim nothing and are left out, and so is a list of
    sources: "Sources: [1], [2]", or that heading and the bare titles under it.
    """
    found: list[CitedSentence] = []
    in_list = False
    for line in _lines(text):
        words = _tidy(_clean(line)[0]).lstrip("# ")
        in_list = _lists_sources(words) or (in_list and not _ENDED.search(words))
        if not in_list:
            found.extend(_claims_of_line(line, n_citations))
    return tuple(found)


def _lists_sources(words: str) -> bool:
    return _LISTS_SOURCES.fullmatch(words) is not None


def strip_markers(text: str) -> str:
    """Remove every marker, for text whose numbering no longer holds."""
    return "".join(_clean(line)[0] for line in _lines(text, keep_ends=True))


def _lines(text: str, keep_ends: bool = False) -> list[list[Token]]:
    """Cut text into lines of tokens; code that spans lines stays in one."""
    scanner = Scanner()
    lines: list[list[Token]] = [[]]
    for token in [*scanner.feed(text), *scanner.finish()]:
        if isinstance(token, Marker) or token.text.startswith("`"):
            lines[-1].append(token)
            continue
        for piece in token.text.splitlines(keepends=True):
            lines[-1].append(Plain(piece if keep_ends else piece.rstrip("\r\n")))
            if piece.endswith(("\n", "\r")):
                lines.append([])
    return lines


def _clean(tokens: list[Token], keep_words: bool = False) -> tuple[str, list[tuple[int, Marker]]]:
    """Join a line without its markers; each marker comes with the end of the words that it belongs to.

    ``keep_words`` leaves those in that stand as a word.
    """
    text = ""
    placed: list[tuple[int, Marker]] = []
    waiting: list[Marker] = []
    for token in tokens:
        if isinstance(token, Marker):
            if keep_words and not waiting and _WANTS_NOUN.search(text.rstrip(" ")[-_LOOK_BACK:]):
                text = f"{text.rstrip(' ')} {token.text}"
                placed.append((len(text), token))
            else:
                waiting.append(token)
            continue
        if not waiting:
            text += token.text
        elif not token.text.strip(" "):
            text = text.rstrip(" ") + token.text
        else:
            opens = _opens_sentence(text, token.text)
            if opens and keep_words:
                text = f"{text.rstrip(' ')} {''.join(marker.text for marker in waiting)}".lstrip(" ")
                placed.extend((len(text), marker) for marker in waiting)
                text, waiting = text + token.text, []
                continue
            position = len(text) + 1 if opens else len(text.rstrip(" "))
            placed.extend((position, marker) for marker in waiting)
            waiting = []
            text = _join(text, token.text, opens)
    placed.extend((len(text.rstrip(" ")), marker) for marker in waiting)
    return text, placed


def _opens_sentence(left: str, right: str) -> bool:
    """Tell whether a marker between the two is the subject of a new sentence: "… is so. [2] shows …"."""
    if not right.startswith(" ") or not right.lstrip(" ")[0].islower():
        return False
    left = left.strip()[-_LOOK_BACK:]
    return not left or len(sentence_spans(f"{left} Next")) > len(sentence_spans(left))


def _join(left: str, right: str, opens: bool) -> str:
    """Close the gap that a marker leaves between two stretches of text."""
    words = right.lstrip(" ")
    if opens:
        return f"{left.rstrip(' ')} {words[0].upper()}{words[1:]}".lstrip(" ")
    if words[0] in ".,;:!?)\r\n":
        return left.rstrip(" ") + words
    if not left or left[-1] in " ([":
        return left + words
    return f"{left} {words}" if right != words or _WORD.match(words) else left + words


def _claims_of_line(tokens: list[Token], n_citations: int) -> list[CitedSentence]:
    text, markers = _clean(tokens, keep_words=True)
    if text.lstrip().startswith("#"):
        return []
    bullet = _BULLET.match(text)
    skipped = bullet.end() if bullet else 0
    spans = [(s.start + skipped, s.end + skipped) for s in sentence_spans(text[skipped:])]
    # "… is so. Source: [1]": what has no word of its own leaves its markers to the sentence before it.
    spans = [(start, end) for start, end in spans if _says_something(_tidy(text[start:end]))]
    cited: list[dict[int, None]] = [{} for _ in spans]
    for position, marker in markers:
        # A marker belongs to the sentence whose words it follows; one that opens a line belongs to the first.
        at = max((i for i, (start, _) in enumerate(spans) if start < position), default=0)
        if spans:
            cited[at].update(dict.fromkeys(_numbers(marker, n_citations)))
    sentences = [CitedSentence(_tidy(text[start:end]), tuple(c)) for (start, end), c in zip(spans, cited, strict=True)]
    return [s for s in sentences if s.citations or not s.text.endswith(":")]


def _says_something(sentence: str) -> bool:
    return _WORD.search(sentence) is not None and not _lists_sources(sentence)


def _numbers(marker: Marker, n_citations: int) -> list[int]:
    return [n for span in marker.ranges for n in range(span.start, span.end + 1) if 1 <= n <= n_citations]


def _tidy(sentence: str) -> str:
    sentence = _EMPTY_BRACKETS.sub("", _EMPHASIS.sub("", sentence))
    sentence = _COLON_FIRST.sub("", _BEFORE_PUNCTUATION.sub("", sentence).strip())
    return _DANGLING.sub("", sentence)
