r"""Text of papers as people can read it: LaTeX turned into plain characters, the stored text left alone.

``pieces`` cuts a text into stretches, each with what to show for it, so that offsets into the stored text (the quotes
of a citation) still find their place after the change.  It reads the two kinds that listings contain: LaTeX proper
(``$\mathcal{B}$-Coder``, ``Fr\'echet``, ``100\%``) and LaTeX that lost its backslashes (``mathcal O_i(u)``,
``nLvarepsilon^{-1}``, ``{\it model size}``).  A word that is also English (``sum``, ``left``, ``sigma``) changes only
where something beside it proves that it is mathematics.  What is not understood stays as it is: no word is ever lost.

Knows no HTML; the accents are those of LaTeX's text mode, the rest is what the 346 seed abstracts contain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Piece:
    """``shown`` stands for the stored text's characters ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    shown: str


_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
}  # fmt: skip
_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂",
    "nabla": "∇", "infty": "∞", "top": "⊤", "dagger": "†", "star": "⋆", "hbar": "ℏ",
}  # fmt: skip
_SIGNS = {
    "times": "×", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "sim": "∼", "simeq": "≃", "equiv": "≡", "propto": "∝", "pm": "±", "to": "→", "rightarrow": "→", "in": "∈",
    "leftarrow": "←", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "otimes": "⊗", "oplus": "⊕",
    "ll": "≪", "gg": "≫", "forall": "∀", "exists": "∃", "ldots": "…", "cdots": "⋯", "dots": "…", "circ": "∘",
    "langle": "⟨", "rangle": "⟩", "mid": "∣", "quad": " ", "textasciitilde": "~", "textbackslash": "\\",
}  # fmt: skip
_SPECIAL = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
}  # fmt: skip
_SILENT = frozenset(
    "left right big Big bigl bigr displaystyle textstyle limits em it bf rm sf tt cal sl sc bfseries itshape "
    "mathcal mathbb mathbf mathrm mathsf mathit mathfrak boldsymbol text textbf textit emph textrm texttt textsf "
    "operatorname tilde widetilde hat bar vec overline underline".split()
)
_COMMANDS = _LETTERS | _SIGNS | _SPECIAL
MATH_COMMANDS = frozenset(_LETTERS) | frozenset(_SIGNS) | _SILENT | {"sqrt"}
"""The commands of formulas that are known here: letters, signs, fonts, roots."""
_SUPER = dict(zip("0123456789+-=()nid", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵈ", strict=True)) | {"⊤": "ᵀ", "*": "*", "∗": "*"}
_SUB = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))

_GREEK = "|".join(sorted((n for n in _LETTERS if len(n) > 2 or n in {"mu", "nu", "xi", "pi"}), key=len, reverse=True))
# In "$5 billion ($p<0.05$)" the first dollar is money: what would close it stands behind a bracket that opens.
_DOLLARS = r"\$\$?(?=[^\s$])(?!\d[^$\n]{0,300}[(\[]\$)[^$\n]{1,300}?(?<=[^\s\\$])\$\$?(?!\d)"
_MACRO_OF_A_LETTER = re.compile(r"\\([cvuHkrd])(?=\s)")
_ACCENT = (
    r"\\(['`^\"~=.])(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))"
    r"|\\([cvuHkrd])(?:\{\s*\\?([A-Za-z])\s*\}|\s+(?!dots?\b)([A-Za-z]))"
)
_FONTS = "mathcal|mathbb|mathbf|mathrm|mathsf|mathfrak"


@lru_cache(maxsize=2048)
def pieces(text: str) -> tuple[Piece, ...]:
    """Cut ``text`` into pieces that cover it without gap or overlap, each with the characters to show."""
    found: list[Piece] = []
    position = 0
    for match in _ANY_RULE.finditer(text):
        if match.start() > position:
            found.append(Piece(position, match.start(), text[position : match.start()]))
        found.append(Piece(match.start(), match.end(), _shown(match)))
        position = match.end()
    if position < len(text):
        found.append(Piece(position, len(text), text[position:]))
    return tuple(found)


def display_text(text: str) -> str:
    """Give ``text`` with its LaTeX readable.  Text without any comes back unchanged."""
    return "".join(piece.shown for piece in pieces(text))


def beginning(text: str, most: int) -> str:
    """Give ``text`` with its LaTeX readable, cut at a blank where that has more than ``most`` characters."""
    words = display_text(text)
    return words if len(words) <= most else f"{words[:most].rsplit(' ', 1)[0]} …"


def _shown(match: re.Match[str]) -> str:
    pattern, show = _RULES[match.lastgroup or ""]
    own = pattern.match(match.string, match.start())  # with the rule's own groups, and what stands before it
    return show(own) if own else match.group()


def _math(match: re.Match[str]) -> str:
    inside = match.group().strip("$").removeprefix(r"\(").removesuffix(r"\)")
    inside = _MACRO_OF_A_LETTER.sub(r"\1", inside)  # \d t is an author's differential, and no accent
    readable = re.sub(r"([_^])([A-Za-z0-9⊤∞*])(?![A-Za-z])", lambda m: _script(m[1], m[2]), display_text(inside))
    return readable.replace("{", "").replace("}", "")


def _accent(match: re.Match[str]) -> str:
    mark, letter = (group for group in match.groups()[1:] if group)
    return unicodedata.normalize("NFC", letter + _ACCENTS[mark])


def _command(match: re.Match[str]) -> str:
    name, argument = match[1], match[2]
    if name in _SILENT or name == "sqrt":
        sign = "√" if name == "sqrt" else ""
        return sign + display_text(argument or "")
    symbol = _COMMANDS.get(name)
    if symbol is None:
        # An unknown macro is shown by its name: authors' own macros (\tool) mostly name the thing itself.
        return display_text(argument) if argument else name + match.group()[1 + len(name) :].removesuffix("{}")
    spaces = match.group()[1 + len(name) :] if argument is None else ""
    return symbol + (spaces if name in _SIGNS else "") + display_text(argument or "")


def _script(sign: str, content: str) -> str:
    content = _LETTERS.get(content) or display_text(content)
    table = _SUPER if sign == "^" else _SUB
    if content and all(character in table for character in content):
        return "".join(table[character] for character in content)
    return sign + (content if len(content) == 1 else f"({content})")


def _bare_script(match: re.Match[str]) -> str:
    return _script(match[1], next((group for group in match.groups()[1:] if group is not None), ""))


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_RULES: dict[str, _Rule] = {
    name: (re.compile(pattern), show)
    for name, pattern, show in (
        ("math", rf"{_DOLLARS}|\\\([^\n]{{1,300}}?\\\)", _math),
        ("accent", rf"(?P<around>\{{)?(?:{_ACCENT})(?(around)\}})", _accent),
        ("special", rf"\{{\\({'|'.join(_SPECIAL)})\s*\}}", lambda m: _SPECIAL[m[1]]),
        ("escape", r"\\([%&_#${}])", lambda m: m[1]),
        ("unseen", r"[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]+", lambda _: ""),  # they turn what follows round
        ("switch", r"\{\\?(?:it|em|bf|sf|rm|tt|sc|sl|cal) ([^{}]*)\}", lambda m: display_text(m[1])),
        ("command", r"\\([A-Za-z]+)(?:\{([^{}]*)\}| *)", _command),
        ("font", rf"(?<![A-Za-z])(?:{_FONTS})(?:\{{([^{{}}]*)\}}| (?=[A-Z](?![a-z])))", lambda m: m[1] or ""),
        ("greek", rf"(?<![a-z])({_GREEK})(?:left(?=[(\[|])|(?=[_^{{]))", lambda m: _LETTERS[m[1]]),
        ("letter", r"(varepsilon)(?![a-z]{2})|(?<![A-Za-z])(ell|infty)(?![A-Za-z])", lambda m: _LETTERS[m[1] or m[2]]),
        ("root", r"(?<![A-Za-z])sqrt(?:\{([^{}]*)\}| (?=[A-Za-z0-9](?![A-Za-z])))", lambda m: "√" + (m[1] or "")),
        (
            "script",
            rf"([_^])(?:\{{([^{{}}]*)\}}|(?<=\^)(\d+|top\b|\*)|(?<=_)(infty|{_GREEK})(?![A-Za-z])"
            r"|(?<=(?<![A-Za-z])[A-Z]_)([a-z0-9])(?![A-Za-z0-9_])|(?<=sum_)([a-z])(?![a-z]))",
            _bare_script,
        ),
        ("right", r"(?<=[}\])\d])right(?=[)\]|}])", lambda _: ""),
        ("dash", r"(?<=[^\W\d_])(---?)(?=[^\W\d_])|(?<=\d)--(?=\d)", lambda m: "—" if m[1] == "---" else "–"),
        ("quote", r"``(?=\S)|(?<=\S)''", lambda m: "“" if m.group() == "``" else "”"),
    )
}
_ANY_RULE = re.compile("|".join(f"(?P<{name}>{pattern.pattern})" for name, (pattern, _) in _RULES.items()))
