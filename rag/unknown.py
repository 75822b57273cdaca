"""Names in a question that no abstract has: "YOLOv8" in a library whose papers stop at "YOLO".  Pure; English.

A name is told by its look: capitals inside, or a figure at its end.  Not looked at are units, figures with a letter
("33B"), words in capitals that merely stress, plain words hung on a name ("GPT-style"), and what a clause in the first
person says of the one who asks ("I use LangChain; …").  A name is there in another spelling too, as the words that it
stands for or that its parts begin ("BatchNorm", "seq2seq"), with a slip, or with its figure apart.  Who made something
is hardly ever in an abstract, so makers do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from index_store.types import Paper
from index_store.words import STOP_WORDS
from rag.facts import is_named, names
from rag.naming import has_word, is_marked, spelled
from rag.versions import versions
from rag.weighty import content_words, light_words, weighty_words

_CLAUSE_END = re.compile(r"[.;?!,](?=\s|$)")
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|us|me)\b|\bI['’]", re.IGNORECASE)
_ADDED = re.compile(r"^[a-z]{2,}-|-[a-z]{2,}$")  # "non-IID", "GPT-style"
_DOTTED = re.compile(r"\.[A-Za-z]")
_FIGURE = re.compile(r"\d+")
_NUMBERED = re.compile(r"(?P<name>[A-Za-z]{2,}?|[A-Za-z]+\d+(?=-))[- ]?v?(?P<figure>\d+(?:\.\d+)?)(?P<size>[kKmMbB]?)")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]|2")  # "Batch" and "Norm", "seq", "2" and "seq"
_FEWEST_PARTS, _MOST_INITIALS = 2, 5
_MAKERS = frozenset("deepmind openai huggingface eleutherai nvidia ibm amd mosaicml deepseek mit cmu".split())
_MOST_NAMES = 8  # in a question; what has more is a text, and each of them would be searched for
_LONG_FIGURE = 2  # digits
_WORD = re.compile(r"[^\W_][\w-]*")
_STRESSED = 6  # letters from which on a word in capitals is no acronym
_TELLS = 4  # letters; fewer may as well be a unit, or stand for words that an abstract puts another way
_ALIKE = 0.8  # as in ``rag.spelling``
_FEWEST_LETTERS = 5  # of a name that may be misspelt


@dataclass(frozen=True, slots=True)
class Unknown:
    """The names of a question that no abstract has; ``decides``: without them there is nothing to answer.

    So it is where the question says nothing besides, and where a version is asked about of something that is here;
    other names may be the asker's way to say what an abstract says otherwise.
    """

    names: tuple[str, ...] = ()
    decides: bool = False


NOTHING_UNKNOWN = Unknown()


def unknown_names(question: str, found: Sequence[Paper], look_up: Callable[[str], Sequence[Paper]]) -> Unknown:
    """Tell which names of a question neither the papers ``found`` for it have, nor those found for the name itself."""
    named = asked_names(question, found[:1])
    if len(named) > _MOST_NAMES:
        return NOTHING_UNKNOWN
    lacking = tuple(n for n in named if not _has(n, question, found) and not _has(n, question, look_up(n)))
    if not any(map(_tells, lacking)) or len(lacking) < len(named):
        return Unknown(lacking)
    said = {spelled(part) for name in lacking for part in re.findall(r"\w+", name)}
    besides = [word for word in weighty_words(question) if spelled(word) not in said]
    return Unknown(lacking, not besides or any(_is_version_of(name, found) for name in lacking))


def asked_names(question: str, best: Sequence[Paper] = ()) -> list[str]:
    """Give the names in those clauses of a question that do not speak of the one who asks; versions of the ``best``."""
    if question.isupper():
        return []
    clauses = [clause for clause in _CLAUSE_END.split(question) if not _FIRST_PERSON.search(clause)]
    spaced = [version for clause in clauses for version in versions(clause, best) if " " in version]
    parts = {part for version in spaced for part in version.split()}
    marked = [_ADDED.sub("", name) for clause in clauses for name in names(clause) if name not in parts]
    return list(dict.fromkeys([*spaced, *filter(_is_name, marked)]))


def _is_name(word: str) -> bool:
    """Tell a name from a word that is stressed, and from a formula or an address, whose dots are written many ways."""
    stressed = word.isupper() and word.isalpha() and len(word) >= _STRESSED
    common = word.lower() in STOP_WORDS | light_words() | _MAKERS
    return is_marked(word) and not (stressed or common or _DOTTED.search(word))


def _tells(name: str) -> bool:
    letters = sum(map(str.isalpha, name))
    return letters >= _TELLS or (letters > 1 and any(map(str.isdigit, name)))


def _is_version_of(name: str, papers: Sequence[Paper]) -> bool:
    numbered = _NUMBERED.fullmatch(name)
    return numbered is not None and any(is_named(numbered["name"], _text(paper)) for paper in papers)


def _has(name: str, question: str, papers: Sequence[Paper]) -> bool:
    """Tell whether papers have a name in any of the ways in which it may be there."""
    expansion = _expansion(name, question)
    for text in map(_text, papers):
        # Any few letters are initials of something: where the question spells a name out, its words have to be there.
        if expansion and (is_named(name.lower(), text) or expansion in spelled(text)):
            return True
        if not expansion and (is_named(name, text) or is_named(name, " ".join(content_words(text)))):
            return True
        if not expansion and _is_made_of(name, text):
            return True
        if _has_parts(name, text) or _is_slip(name, text):
            return True
    return False


def _expansion(name: str, question: str) -> str:
    """Give the words that stand before a name in brackets, one for each of its letters; "" where there are none."""
    before, bracketed, _ = question.partition(f"({name})")
    words = spelled(before).split()
    return " ".join(words[-len(name) :]) if bracketed and len(words) >= len(name) else ""


def _is_made_of(name: str, text: str) -> bool:
    """Tell whether words of a text in a row begin with the parts of a name, or with its letters where these are few."""
    parts = [part.lower().replace("2", "to") for part in _PARTS.findall(name.removesuffix("s"))]
    forms = [parts] if len(parts) >= _FEWEST_PARTS else []
    if name.isalpha() and len(name) <= _MOST_INITIALS:
        forms.append(list(name.lower().removesuffix("s")))
    return any(re.search(r"\W+".join(rf"\b{part}\w*" for part in form), text, re.IGNORECASE) for form in forms)


def _has_parts(name: str, text: str) -> bool:
    """Tell whether a text has name and figure apart: "ResNet-152" has 152 layers, "WMT14" is WMT 2014, "-1k" a size."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None or not is_named(numbered["name"], text):
        return False
    figure = numbered["figure"]
    long = len(figure.replace(".", "")) >= _LONG_FIGURE
    return bool(numbered["size"]) or (long and (has_word(text, figure) or has_word(text, f"20{figure}")))


def _is_slip(name: str, text: str) -> bool:
    """Tell whether a text has a name that differs by a letter or two amiss, not by a figure or a part more."""
    figures, first = _FIGURE.findall(name), name[:1].lower()
    return len(name) >= _FEWEST_LETTERS and any(
        word[:1].lower() == first
        and is_marked(word)
        and _FIGURE.findall(word) == figures
        and not name.startswith(word)
        and SequenceMatcher(None, name.lower(), word.lower()).ratio() >= _ALIKE
        for word in _WORD.findall(text)
    )


def _text(paper: Paper) -> str:
    return f"{paper.title}. {paper.abstract}"
