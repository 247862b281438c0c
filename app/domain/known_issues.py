"""Known issues, and which of them an incident looks like (R48)."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.domain.errors import RefusedError
from app.domain.text import printable

KEY = re.compile(r"[A-Z]{1,6}-\d{1,5}")
TITLE_MOST, WORKAROUND_MOST = 200, 1_000
SHOWN_MOST = 5
"""How many an incident is shown."""

_WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
_EMPTY_WORDS = """
    a after all an and are at be but by cannot down does for from has have if in is it its not of on only or our out
    some that the their them there this to was when with without
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """A trouble that we know, and what helps. `components` are slugs."""

    key: str
    title: str
    workaround: str
    components: tuple[str, ...] = ()


def looks_like(issues: Iterable[KnownIssue], text: str, slugs: Collection[str]) -> list[KnownIssue]:
    """The known issues that the words or the components point to, the likeliest first, at most `SHOWN_MOST`.

    One shared word is a coincidence; two, or one on the same component, are worth a look.
    """
    wanted = _words(text)
    scored = [(_score(issue, wanted, slugs), issue) for issue in issues]
    likely = sorted(((score, issue) for score, issue in scored if score > 1), key=lambda each: (-each[0], each[1].key))
    return [issue for _, issue in likely[:SHOWN_MOST]]


def search(issues: Iterable[KnownIssue], text: str) -> list[KnownIssue]:
    """The known issues in which every word of the search begins some word."""
    wanted = _words(text)
    return [issue for issue in issues if all(_begins_some(word, _all_words(issue)) for word in wanted)]


def _score(issue: KnownIssue, wanted: Collection[str], slugs: Collection[str]) -> int:
    shared = sum(_begins_some(word, _words(issue.title)) for word in wanted)
    named = {slug.replace("-", "") for slug in issue.components}
    on_component = bool(set(slugs) & set(issue.components)) or bool(named & set(wanted))
    return shared + (on_component and shared > 0)


def _begins_some(word: str, words: Collection[str]) -> bool:
    return any(each.startswith(word) for each in words)


def _all_words(issue: KnownIssue) -> set[str]:
    return _words(" ".join((issue.key, issue.title, issue.workaround, *issue.components)))


def _words(text: str) -> set[str]:
    """The words that say something, in small letters; "e-sign" is also "esign" and "sign"."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
        parts = re.split(r"[-']", word)
        found |= {"".join(parts), *(part for part in parts if len(part) > 2)}
    return found - _EMPTY


def checked_issue(key: str, title: str, workaround: str, components: Sequence[str]) -> KnownIssue:
    """A known issue as somebody typed it.

    Raises:
        RefusedError: a number like none, no title or workaround, or too much text.
    """
    key, title, workaround = key.strip().upper(), printable(title).strip(), printable(workaround).strip()
    problems = {}
    if not KEY.fullmatch(key):
        problems["key"] = "Give it a number like KI-11."
    if not 0 < len(title) <= TITLE_MOST:
        problems["title"] = f"Say what members see, in at most {TITLE_MOST} characters."
    if not 0 < len(workaround) <= WORKAROUND_MOST:
        problems["workaround"] = f"Say what helps, in at most {WORKAROUND_MOST:,} characters."
    if problems:
        raise RefusedError(problems)
    return KnownIssue(key, title, workaround, tuple(dict.fromkeys(components)))
