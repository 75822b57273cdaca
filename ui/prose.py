"""What a model writes, read as Markdown: paragraphs, lists, tables, emphasis, code; no links, images or raw HTML.

Its words can be shown one run at a time, so that sentences are found across the markup.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_FORMULA = re.compile(
    r"(?s)\$\$([^$]{1,1000}?)\$\$|\$(?=[^\s$])([^$\n]{1,300}?)(?<=[^\s\\$])\$(?!\d)|\\\[(.{1,1000}?)\\\]|\\\((.{1,300}?)\\\)"
)


class Prose:
    """A parsed text.  ``words`` are its characters without the markup."""

    def __init__(self, text: str) -> None:
        self._tokens = _MARKDOWN.parse(text)
        inner = [child for token in self._tokens for child in token.children or ()]
        self._runs = [child for child in inner if child.type in {"text", "code_inline"}]
        self.words = "".join(child.content for child in self._runs)

    def html(self, to_html: Callable[[int, int, bool], str]) -> str:
        """Give the markup; ``to_html(start, end, is_code)`` gives that of a run of the words, safe.  Call it once."""
        offset = 0
        for child in self._runs:
            end, code = offset + len(child.content), child.type == "code_inline"
            shown = to_html(offset, end, code)
            child.content, child.type = f"<code>{shown}</code>" if code else shown, "ready"
            offset = end
        return str(_MARKDOWN.renderer.render(self._tokens, _MARKDOWN.options, {}))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # `escape` would eat the backslash of \% and \'e before they are read as LaTeX.
    markdown.disable(["link", "image", "autolink", "html_inline", "html_block", "reference", "entity", "escape"])
    markdown.inline.ruler.before("emphasis", "formula", _formula)
    markdown.add_render_rule("ready", _ready)
    return markdown


def _formula(state: StateInline, silent: bool) -> bool:
    """Take a formula as one run of text, so that its ``_`` and ``*`` are not read as emphasis."""
    match = _FORMULA.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        inside = " ".join((match[1] or match[2] or match[3] or match[4]).split())
        mark = "$$" if match[1] or match[3] else "$"
        state.push("text", "", 0).content = f"{mark}{inside}{mark}"
    state.pos = match.end()
    return True


def _ready(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return tokens[index].content


_MARKDOWN = _markdown()
