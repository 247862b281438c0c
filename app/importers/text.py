"""Other people's text as plain text: no markup, no control characters, no foreign line ends."""

import html
import re
import unicodedata

import nh3

_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|script|small|span|strong|style|table|td|th|tr|u|ul)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_KEPT = {"a", "blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "tr", "ul"}
_LINK = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
_BREAKS = (
    (re.compile(r"<br>\n?"), "\n"),
    (re.compile(r"<li>"), "\n- "),
    (re.compile(r"</?(?:p|ul|ol|div|h[1-6]|blockquote|pre|tr)>|<hr>"), "\n\n"),
    (re.compile(r"</?[a-z][^<>]*>"), ""),
)
_EMPTY_ITEM = re.compile(r"^-\n+", re.MULTILINE)
_BETWEEN_ITEMS = re.compile(r"\n\n(?=- )")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MANY_BLANKS = re.compile(r"\n{3,}")


def plain(text: str) -> str:
    """The same words with plain line ends and nothing that cannot be printed or stored."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    printable = "".join(character for character in unified if _is_printable(character))
    lines = (line.rstrip() for line in printable.split("\n"))
    return _MANY_BLANKS.sub("\n\n", "\n".join(lines)).strip()


def _is_printable(character: str) -> bool:
    """Controls, lone surrogates and unassigned code points go; no database keeps them all."""
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Cn")


def one_line(text: str) -> str:
    """The same words on one line."""
    return " ".join(plain(text).split())


def is_html(text: str) -> bool:
    """Whether it holds a tag that HTML knows. `a < b` and `<placeholder>` are text."""
    return _TAG.search(text) is not None


def html_to_text(text: str) -> str:
    """HTML as plain text: list items become lines with a dash, links keep their address in brackets."""
    cleaned = nh3.clean(text, tags=_KEPT, attributes={"a": {"href"}}, link_rel=None, url_schemes={"http", "https"})
    words = _LINK.sub(_link, cleaned)
    for pattern, replacement in _BREAKS:
        words = pattern.sub(replacement, words)
    lines = (line.strip() for line in html.unescape(words).split("\n"))
    return _BETWEEN_ITEMS.sub("\n", _EMPTY_ITEM.sub("- ", plain("\n".join(lines))))


def _link(match: re.Match[str]) -> str:
    address, words = match[1] or "", match[2]
    return words if not address or address == words else f"{words} ({address})"


def without_comments(text: str) -> str:
    """Text without `<!-- ... -->`, and with `<https://...>` as a bare address."""
    return _AUTOLINK.sub(r"\1", _COMMENT.sub("", text))
