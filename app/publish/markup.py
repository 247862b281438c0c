"""What people typed, as safe HTML: paragraphs and a small Markdown, never markup of their own.

Two locks on one door (security.md, "Content"): markdown-it-py escapes every tag, and nh3 then lets
through only the few elements and the https links that the small Markdown can make.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "blockquote"}
_RULES = ("paragraph", "list", "blockquote", "newline", "escape", "emphasis", "link", "autolink", "backticks")
_MARKDOWN = re.compile(r"[\\`*_\[<>]|^[ \t]*(?:[-+]|\d+[.)])[ \t]|https://", re.MULTILINE)
_ADDRESS = re.compile(r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_REMEMBERED = 4096


@lru_cache(maxsize=_REMEMBERED)
def body_html(text: str) -> Markup:
    """The text of an update as block-level HTML.

    A line break stays a line break, bare https addresses become links, and any other markup is
    shown as the characters that were typed.
    """
    text = text.strip()
    return _marked_up(text) if _MARKDOWN.search(text) else _plain(text)


def _plain(text: str) -> Markup:
    """Paragraphs and line breaks: most updates are no more, and this is fifty times quicker."""
    paragraphs = (paragraph for paragraph in re.split(r"\n\s*\n", text) if paragraph)
    return Markup("").join(
        Markup("<p>") + Markup("<br>\n").join(escape(line.strip()) for line in paragraph.splitlines()) + Markup("</p>")
        for paragraph in paragraphs
    )


def _marked_up(text: str) -> Markup:
    html = nh3.clean(
        _markdown().render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https"},
        link_rel="noreferrer",
    )
    return Markup(html.strip())  # noqa: S704 - cleaned in the line above


class _SmallMarkdown(MarkdownIt):
    """Links lead to https or stay the characters that were typed."""

    def validateLink(self, url: str) -> bool:
        """Whether an address may become a link."""
        return url.startswith("https://")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = _SmallMarkdown("zero", {"html": False, "breaks": True}).enable(list(_RULES))
    markdown.core.ruler.push("bare_addresses", _link_bare_addresses)
    return markdown


def _link_bare_addresses(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_with_links(token.children))


def _with_links(tokens: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            yield from _split_at_addresses(token.content)
        else:
            yield token


def _split_at_addresses(text: str) -> Iterator[Token]:
    position = 0
    for match in _ADDRESS.finditer(text):
        yield _text(text[position : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": match[0]})
        yield _text(match[0])
        yield Token("link_close", "a", -1)
        position = match.end()
    yield _text(text[position:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
