"""Publishing with nothing but a phone: what a text from somebody on call asks for (continuity.md, "Break-glass"; R53).

    k7mp-2xqd-9htv sso_down dashboard Nobody can sign in since the certificate ran out.

is a printed code, the name of a kind of event, the components that fail, and words of one's own.
Everything after the code may be shortened while it stays clear. Nothing is published before the
answer was read back and YES came.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.event_words import EVENT_WORDS
from app.domain.message_templates import MessageEvent

DRAFT_LASTS = timedelta(minutes=10)
"""How long a read-back waits for YES."""

CODES = 10
WRONG_MOST = 10
WRONG_WITHIN = timedelta(minutes=10)
"""So many wrong codes from one number in so short a time, and the right one is not heard either."""

_CODE = re.compile(r"\s*([2-9a-z]{4})[ -]?([2-9a-z]{4})[ -]?([2-9a-z]{4})(?![^\s])(.*)", re.IGNORECASE | re.DOTALL)
_YES = frozenset({"yes", "y", "si", "publish"})
_SHOWN = 240
"""Characters of the words that are read back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text asks for: one kind of event, components by slug, and words of one's own, which may be none."""

    event: MessageEvent
    components: tuple[str, ...] = ()
    words: str = ""


def split_code(text: str) -> tuple[str, str] | None:
    """The printed code that a text begins with, in small letters, and what follows; None where there is none."""
    found = _CODE.match(text)
    if found is None:
        return None
    return "".join(found.group(1, 2, 3)).lower(), found.group(4).strip()


def read_asked(text: str, slugs: Iterable[str]) -> Asked:
    """What stands behind the code.

    Raises:
        RefusedError: it names no kind of event, or more than one fits.
    """
    name, _, rest = text.strip().partition(" ")
    event = _event(name)
    components, words = _components(rest.strip(), sorted(slugs))
    return Asked(event, components, words)


def is_yes(text: str) -> bool:
    """Whether a text says nothing but yes."""
    return re.sub(r"[^a-zí]", "", text.casefold()).replace("í", "i") in _YES


def read_back(
    title: str, words: str, *, is_new: bool, status: str, page: str, counts: Mapping[Channel, int], until: str
) -> str:
    """What is texted back: what will be published, where, how many are told, and how to go on."""
    first = f"{'NEW' if is_new else 'UPDATE'} on {page}: {title} ({status}). {_shortened(words)}"
    return f"{first} {_told(counts)} Reply YES by {until} to publish. Anything else cancels."


def _event(name: str) -> MessageEvent:
    wanted = name.casefold().replace("-", "_")
    fitting = [event for event in EVENT_WORDS if event.value == wanted] or [
        event for event in EVENT_WORDS if wanted and event.value.startswith(wanted)
    ]
    if len(fitting) == 1:
        return fitting[0]
    offered = ", ".join(event.value for event in fitting or EVENT_WORDS)
    raise RefusedError(f"Nothing was published. After the code, write one of: {offered}.")


def _components(text: str, slugs: list[str]) -> tuple[tuple[str, ...], str]:
    """The components named first, and the rest; what names none belongs to the words."""
    first, _, rest = text.partition(" ")
    named = [_component(part, slugs) for part in first.casefold().split(",") if part]
    if not named or None in named:
        return (), text
    return tuple(slug for slug in dict.fromkeys(named) if slug), rest.strip()


def _component(part: str, slugs: list[str]) -> str | None:
    if part in slugs:
        return part
    fitting = [slug for slug in slugs if slug.startswith(part)]
    return fitting[0] if len(fitting) == 1 else None


def _shortened(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN].rsplit(' ', 1)[0]} ..."


def _told(counts: Mapping[Channel, int]) -> str:
    told = {channel: number for channel, number in counts.items() if number}
    if not told:
        return "Nobody is subscribed to it."
    return f"Tells {', '.join(f'{number:,} by {channel.value}' for channel, number in told.items())}."
