"""What a page says, by telephone, text and mail: what is wrong, since when, and how to answer (R15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands.pages import Words
from app.domain.severity import Severity

_SIGNS_MOST = 3


@dataclass(frozen=True, slots=True)
class Matter:
    """What people are called about. `title` is empty while it is a suspicion; `signs` are what points to it."""

    organisation: str
    zone: ZoneInfo
    title: str
    components: Sequence[str]
    signs: Sequence[str]
    severity: Severity
    since: datetime
    slugs: Sequence[str] = ()
    is_drill: bool = False
    opened_by: str | None = None

    @property
    def what(self) -> str:
        """The matter in a few words."""
        return self.title or f"Suspected: {_listed(self.components) or 'something'} is down"


def call_words(matter: Matter, role: str, *, asks: bool) -> Words:
    """To somebody on duty in that role. The keys and replies are added where the way of the page is known."""
    lines = [
        f"{_drill(matter)}{matter.organisation}: {_ended(matter.what)}",
        f"Since {_clock(matter)}, severity {matter.severity}.",
        *(_ended(sign) for sign in matter.signs[:_SIGNS_MOST]),
        f"You are called as {role[:1].lower()}{role[1:]}.",
    ]
    if not asks:
        lines.append("Somebody is on it already.")
    return Words(f"{_drill(matter)}{matter.what}", " ".join(lines))


def over_words(matter: Matter) -> Words:
    """To whoever was called for nothing."""
    text = f"{_drill(matter)}{matter.organisation}: it is over. Nobody needs to come. It was: {_ended(matter.what)}"
    return Words(f"{_drill(matter)}Over: {matter.what}", text)


def outside_words(matter: Matter) -> Words:
    """To people outside, for their information."""
    text = (
        f"{_drill(matter)}{matter.organisation}: {_ended(matter.what)} Since {_clock(matter)}. We are working on it. "
        "The page says what still works and when the next word comes. You need not answer."
    )
    return Words(f"{_drill(matter)}{matter.what}", text)


def vendor_words(matter: Matter) -> Words:
    """To a vendor whose part it is."""
    text = (
        f"{_drill(matter)}{matter.organisation} reports trouble with {_listed(matter.components) or 'your service'} "
        f"since {_clock(matter)}, severity {matter.severity}. Please escalate it on your side and tell us "
        "who works on it and when we hear next."
    )
    return Words(f"{_drill(matter)}Escalation from {matter.organisation}: {matter.what}", text)


def _drill(matter: Matter) -> str:
    return "DRILL: " if matter.is_drill else ""


def _clock(matter: Matter) -> str:
    return f"{matter.since.astimezone(matter.zone):%I:%M %p}".lstrip("0")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}" if names else ""
