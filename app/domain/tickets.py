"""A member's report that wants an answer: who is on it, what was tried, what they were told (R10, R11, R13, R14).

    new ── on it ──▶ on_it ◀──▶ waiting (for the member)
                       └──────────┴──▶ solved, and open again when it was not

A ticket stands for one person's trouble. Several may be one incident; its end is then theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.promises import Day
from app.domain.reports import Source

WORDS_MOST = 1_000
NAME_MOST = 80
REPLY_MOST = 400
"""Characters of an answer that also has to fit into a text message (three segments)."""

ADDRESS_KEPT = timedelta(days=30)
"""For so long after the matter is over name, address and words are kept; then they are forgotten."""


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    ON_IT = "on_it"
    WAITING = "waiting"
    SOLVED = "solved"

    @property
    def in_words(self) -> str:
        """The state as the console says it."""
        return _STATES[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to do something."""
        return self is not TicketState.SOLVED


_STATES = {
    TicketState.NEW: "New",
    TicketState.ON_IT: "On it",
    TicketState.WAITING: "Waiting for the member",
    TicketState.SOLVED: "Solved",
}


class EntryKind(StrEnum):
    """What stands in the record of a ticket."""

    NOTE = "note"
    REPLY = "reply"
    HEARD = "heard"
    TRIAL = "trial"
    ISOLATED = "isolated"
    ON_IT = "on_it"
    WAITING = "waiting"
    SOLVED = "solved"
    REOPENED = "reopened"
    MERGED = "merged"
    UNMERGED = "unmerged"

    @property
    def in_words(self) -> str:
        """What happened, in a word or two."""
        return _ENTRIES[self]


_ENTRIES = {
    EntryKind.NOTE: "Note",
    EntryKind.REPLY: "Told the member",
    EntryKind.HEARD: "The member answered",
    EntryKind.TRIAL: "Tried it",
    EntryKind.ISOLATED: "Narrowed down",
    EntryKind.ON_IT: "On it",
    EntryKind.WAITING: "Waiting for the member",
    EntryKind.SOLVED: "Solved",
    EntryKind.REOPENED: "Opened again",
    EntryKind.MERGED: "Joined to an incident",
    EntryKind.UNMERGED: "Taken out of the incident",
}


class LetterKind(StrEnum):
    """What a member is sent."""

    ON_IT = "on_it"
    REPLY = "reply"
    SOLVED = "solved"


class TrialResult(StrEnum):
    """What came of trying it ourselves (R13: nobody is told that it cannot be reproduced)."""

    HAPPENS = "happens"
    COMES_AND_GOES = "comes_and_goes"
    NOT_YET = "not_yet"

    @property
    def in_words(self) -> str:
        """The result in words."""
        return {"happens": "It happens here too", "comes_and_goes": "It comes and goes", "not_yet": "Not seen yet"}[
            self
        ]


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A report that wants an answer. `address` is normalised, and empty where nobody is to be told.

    `consent` is what the person agreed to, word for word. `is_muted`: the address has asked so
    often that nothing goes to it by itself.
    """

    slug: str
    source: Source
    words: str = ""
    name: str = ""
    channel: Channel | None = None
    address: str = ""
    language: str = "en"
    consent: str = ""
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as it is shown. Name, address and words are empty once they are forgotten."""

    id: str
    number: int
    slug: str
    state: TicketState
    source: Source
    opened_at: datetime
    touched_at: datetime
    words: str = ""
    name: str = ""
    channel: Channel | None = None
    address: str = ""
    language: str = "en"
    is_muted: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    solved_at: datetime | None = None
    incident_id: str | None = None
    answers: Mapping[str, bool] | None = None
    forgotten_at: datetime | None = None

    @property
    def label(self) -> str:
        """How people name it: "T-17"."""
        return f"T-{self.number}"

    @property
    def answered_after(self) -> timedelta | None:
        """How long the member waited until somebody was on it (R10)."""
        return self.acknowledged_at - self.opened_at if self.acknowledged_at else None

    @property
    def place(self) -> "Place | None":
        """Where the trouble is, as far as the answers say (R14)."""
        return place_of(self.answers or {})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ticket's record."""

    at: datetime
    kind: EntryKind
    words: str = ""
    result: TrialResult | None = None
    account_id: str | None = None


def check_ticket(draft: TicketDraft) -> None:
    """Refuse a report that says more than anybody reads.

    Raises:
        RefusedError: one sentence per field.
    """
    problems = {}
    if len(draft.words) > WORDS_MOST:
        problems["words"] = f"Say it in at most {WORDS_MOST:,} characters."
    if len(draft.name) > NAME_MOST:
        problems["name"] = f"A name has at most {NAME_MOST} characters."
    if problems:
        raise RefusedError(problems)


class Place(StrEnum):
    """Where trouble can be, from the member outwards (R14)."""

    ACCOUNT = "account"
    BROWSER = "browser"
    OFFICE = "office"
    NETWORK = "network"
    VENDOR = "vendor"
    US = "us"

    @property
    def in_words(self) -> str:
        """The place in words."""
        return _PLACES[self]


_PLACES = {
    Place.ACCOUNT: "this member’s account",
    Place.BROWSER: "this browser or device",
    Place.OFFICE: "the office",
    Place.NETWORK: "the internet provider",
    Place.VENDOR: "the supplier",
    Place.US: "us",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One step of narrowing down: the answer `ends_with` shows that the trouble is at `place`."""

    name: str
    asked: str
    place: Place
    ends_with: bool


QUESTIONS: Sequence[Question] = (
    Question("account", "Does it fail for another member’s account too?", Place.ACCOUNT, False),
    Question("browser", "Does it fail in another browser, or on another device, too?", Place.BROWSER, False),
    Question("office", "Does it fail outside the office too, on a phone’s own data?", Place.OFFICE, False),
    Question("network", "Does it fail for somebody with another internet provider too?", Place.NETWORK, False),
    Question("vendor", "Does it fail at the supplier’s own address, past our sign-in, too?", Place.VENDOR, True),
)
"""In the order in which they are asked; when none of them ends it, it is us."""


def place_of(answers: Mapping[str, bool]) -> Place | None:
    """Where the trouble is: the first answer that ends the search; None while questions are open."""
    for question in QUESTIONS:
        if question.name not in answers:
            return None
        if answers[question.name] is question.ends_with:
            return question.place
    return Place.US


def next_question(answers: Mapping[str, bool]) -> Question | None:
    """What to ask next; None once the place is known."""
    if place_of(answers) is not None:
        return None
    return next((question for question in QUESTIONS if question.name not in answers), None)


def share_times(now: datetime, day: Day) -> tuple[datetime, datetime, datetime]:
    """Three times to look at a screen together: soon, later, and the next morning (R13).

    On a full or half hour within the organisation's day; out of it, the next two half hours of the
    next morning come first.
    """
    half = timedelta(minutes=30)
    local = now.astimezone(day.zone)
    morning = day.moment(local.date(), day.first_thing)
    evening = day.moment(local.date(), day.end_of_day)
    following = day.moment(local.date() + timedelta(days=1), day.first_thing)
    soon = _next_half(now + timedelta(minutes=15))
    if now >= evening - 2 * half:
        return following + half, following + 3 * half, following + 6 * half
    first = max(soon, morning + half)
    second = min(first + 4 * half, evening)
    return first, second if second > first else first + half, following + half


def _next_half(moment: datetime) -> datetime:
    seconds = 1_800
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, moment.tzinfo)


def usual_wait(waits: Sequence[timedelta]) -> timedelta | None:
    """The median time until somebody was on it; None without any."""
    return timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None
