"""What an update says of each kind of event before anybody has typed: a first draft of its headings.

Choosing one fills the form; whatever is filled may be changed. Slots: {component} what fails,
{is_are} and {has_have} with it, {time} since when. Nothing stands here that could be untrue at the
moment of choosing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.incidents import IncidentStatus
from app.domain.message_templates import MessageEvent
from app.domain.severity import Kind
from app.domain.slots import fill

_OPEN = (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING)


@dataclass(frozen=True, slots=True)
class EventWords:
    """A first draft. `statuses` are those with which it may be published, the first of them is set.

    `is_first` and `is_later` say whether it may open an incident and continue one.
    """

    label: str
    statuses: tuple[IncidentStatus, ...]
    what_happened: str
    done: str = ""
    next_step: str = ""
    kind: Kind | None = None
    is_first: bool = True
    is_later: bool = True


EVENT_WORDS: Mapping[MessageEvent, EventWords] = {
    MessageEvent.INVESTIGATING: EventWords(
        "Something fails",
        _OPEN,
        "{component} {has_have} been failing since {time}. It is not just you.",
        "We see it too.",
        "We are looking for the cause.",
    ),
    MessageEvent.SSO_DOWN_DIRECT_LINKS: EventWords(
        "Front door shut, tools run",
        _OPEN,
        "{component} {has_have} been failing since {time}. Your tools are running: go straight to them.",
        "We see it too.",
        "We are looking for the cause.",
    ),
    MessageEvent.CONFIRMED: EventWords(
        "Cause found",
        (IncidentStatus.IDENTIFIED,),
        "{component} {has_have} been failing since {time}. The cause is known.",
        "The cause is found.",
        "The fix is under way.",
    ),
    MessageEvent.NO_CHANGE: EventWords(
        "No change",
        _OPEN,
        "There is nothing new to report, and we would rather say so than leave you guessing.",
        "We are still working on it.",
        "We write again at the promised time, or before if anything changes.",
        is_first=False,
    ),
    MessageEvent.LIMITED_SERVICE: EventWords(
        "Partly back",
        (IncidentStatus.MONITORING, IncidentStatus.IDENTIFIED),
        "{component} {is_are} partly back. What we have not checked yet stays closed.",
        "Part of the service is open again.",
        "We check the rest before we open it.",
        is_first=False,
    ),
    MessageEvent.RESOLVED: EventWords(
        "Working again",
        (IncidentStatus.RESOLVED,),
        "{component} {is_are} working again. Still stuck? Close every browser window and try again, then call us.",
        is_first=False,
    ),
    MessageEvent.REOPENED: EventWords(
        "Failed again",
        (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED),
        "We told you that {component} {is_are} working again. It failed once more, and we are sorry.",
        "The workarounds are open again.",
        "We are looking for the cause.",
        is_first=False,
    ),
    MessageEvent.SECURITY_RESET: EventWords(
        "New passwords for all",
        _OPEN,
        "As a precaution every member sets a new password. Type the dashboard address yourself: "
        "we never send a link for this.",
        "We have asked for new passwords.",
        "We tell you how far it is in the next update.",
        kind=Kind.SECURITY,
    ),
    MessageEvent.ISOLATED: EventWords(
        "Only a few affected",
        _OPEN,
        "{component} {is_are} up, and some of you have trouble. We believe you and want to see it with you. "
        "Try a private window first, then call us for a screen share.",
        "We have heard from some of you.",
        "We look for what you have in common.",
        kind=Kind.ISOLATED,
    ),
    MessageEvent.VENDOR_CLOSING: EventWords(
        "A supplier is closing",
        _OPEN,
        "The supplier of {component} is closing. Your service works today; you do not need to do anything yet.",
        "We have started to move your data.",
        "We write every day by 4:30 PM.",
        kind=Kind.VENDOR_CLOSING,
    ),
    MessageEvent.DEADLINE_RELIEF: EventWords(
        "Deadlines extended",
        _OPEN,
        "Because of the trouble with {component}, input deadlines are extended. "
        "Contract dates with your clients do not move.",
        "The deadlines are extended.",
        "We write again at the promised time.",
        is_first=False,
    ),
}
"""In the order in which they are offered."""

CORRECTION = EventWords(
    "Disregard that",
    _OPEN,
    "Please disregard our last message: it was sent by mistake, and we are sorry.",
    "We have taken back what was wrong.",
    "We write again at the promised time.",
    is_first=False,
)
"""Takes back what was wrong, at once and by one person (console.md)."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The words of an event about certain components."""

    what_happened: str
    done: str
    next_step: str


def filled(words: EventWords, names: list[str], time: str) -> Filled:
    """The draft about these components since that time ("9:42 PM"); "The service" where none is named."""
    subject = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "The service"
    is_one = len(names) < 2 and not subject.endswith("s")
    slots = {
        "component": subject,
        "is_are": "is" if is_one else "are",
        "has_have": "has" if is_one else "have",
        "time": time,
    }
    return Filled(*(fill(text, slots) for text in (words.what_happened, words.done, words.next_step)))
