"""How a text names papers: by the beginning of a title, or by a name that a paper has in it.  Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from index_store.types import Paper
from rag.followup import names

_AUXILIARY = r"(?i:\b(?:do|does|did|is|are|was|were|can|could|has|have|had|will|would)(?:n['’]t)? (?:the )?)"
_HOLDS_FOR = r"(?i:\b(?:that|this)\b.* (?:for|with|of|in|about) (?:the )?)"
_COMPARES = r"\b(?:than|over|against|beats?|versus|vs\.?|compared (?:to|with)|compare (?:to|with)) (?:the )?(?:\w+ )?"
_MARKED = re.compile(r"\w(?:[A-Z]|\d)")  # a name by its own look, not for a capital at its beginning
_PREFIX = 3  # letters of a word that stand for it: "layer norm", "conv net"
_NAME_WORDS = 3  # a longer beginning of a title ("You Only Look Once") tells less than the whole


def short_title(paper: Paper) -> str:
    """Give the name that a title begins with ("GloVe: …"), else the title."""
    beginning = head(paper)
    return beginning if len(beginning.split()) <= _NAME_WORDS else paper.title


def names_paper(text: str, paper: Paper) -> bool:
    """Tell whether a text names a paper by the beginning of its title."""
    beginning, said = head(paper), spelled(text)
    if spelled(beginning)[:_PREFIX] not in said:
        return False  # before any pattern is made of a title: there are ten for every question
    if short := shortened(beginning):
        return re.search(rf"(?<!\w){short}", said) is not None
    return (" " in beginning or bool(names(beginning))) and has_word(said, spelled(beginning))


def shortened(name: str) -> str | None:
    """Give a pattern of a name of two or three words that are written short; None for other names."""
    words = name.split()
    if not 1 < len(words) <= _NAME_WORDS or not all(word.isalpha() for word in words):
        return None
    return r"\W+".join(rf"{spelled(word)[:_PREFIX]}\w*" for word in words)


def mentions(paper: Paper, name: str) -> bool:
    """Tell whether a paper has a name in its title, its abstract or among its authors."""
    return has_word(spelled(f"{paper.title} {paper.abstract} {' '.join(paper.authors)}"), spelled(name))


def subject_name(question: str) -> str | None:
    """Give the name that a question is about though it points back: "how does X keep its pace", "is that so for X"."""
    for name in names(question):
        if not is_marked(name):
            continue  # "the Fast version"
        at = re.escape(name)
        if re.search(rf"{_AUXILIARY}{at}(?!\w)", question) or re.search(rf"{_HOLDS_FOR}{at}\W*$", question):
            return name
    return None


def is_marked(name: str) -> bool:
    """Tell whether a name is one by its look, and not for a capital at its beginning: "GloVe", "S4"."""
    return _MARKED.search(name) is not None


def only_compares(question: str) -> bool:
    """Tell whether all that a question names is something to compare with ("how much faster than X?")."""
    named = names(question)
    return bool(named) and all(re.search(rf"{_COMPARES}{re.escape(name)}(?!\w)", question, re.I) for name in named)


def speaks_more_of(name: str, paper: Paper, other: Paper) -> bool:
    """Tell whether a paper has a name, or its singular, in its title or more often in its abstract than another."""
    word = re.compile(rf"(?<!\w){re.escape(name.removesuffix('s'))}s?(?!\w)", re.IGNORECASE)
    counts = [(len(word.findall(each.title)), len(word.findall(each.abstract))) for each in (paper, other)]
    return counts[0] > counts[1]


def gives_title(text: str, paper: Paper) -> bool:
    """Tell whether a text gives a paper's whole title, which is long enough to be no accident."""
    return len(paper.title.split()) >= _NAME_WORDS and has_word(spelled(text), spelled(paper.title))


def head(paper: Paper) -> str:
    """Give a title up to its colon."""
    beginning, colon, _ = paper.title.partition(": ")
    return beginning if colon and len(beginning) > 1 else paper.title


def has_word(text: str, word: str) -> bool:
    """Tell whether a text has a word, or some in a row, in whatever case."""
    return word.lower() in text.lower() and (
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
    )


@lru_cache(maxsize=1024)  # a question's names are looked for in the same ten papers again and again
def spelled(text: str) -> str:
    """Write a text in one spelling: no hyphens, no accents, -ize for -ise."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"is(?=(?:e[sd]?|ing|ation)\b)", "iz", text.replace("-", " ").lower())
