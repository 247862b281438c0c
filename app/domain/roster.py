"""Who is on duty: roles, shifts, overrides, and who answers when a shift is empty (R16, R20, R22).

A shift is a stretch of time, not a rule: hand-overs on the clock become moments once, when a rotation
is made, and both sides share the same one. So nothing can open or overlap when the clocks change. An
override beats a shift, and of two alike the one made later.

    on duty ──▶ nobody: the role it falls to, and so on ──▶ nobody: whoever may speak to members, by name
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain.accounts import Permission, Role, may
from app.domain.errors import RefusedError

NAME_MOST = 80
WHY_MOST = 200
SHIFT_LONGEST = timedelta(days=400)
ROTATION_MOST = 104


@dataclass(frozen=True, slots=True)
class RosterRole:
    """A part somebody plays in an incident. Its name may be changed; what its holder may do follows `console_role`.

    `falls_to` is the role that answers when nobody is on duty in this one. A covered role must have
    somebody on duty at every moment.
    """

    key: str
    name: str
    console_role: Role
    falls_to: str | None = None
    is_covered: bool = False

    @property
    def speaks(self) -> bool:
        """Whether its holders may speak to members (R21)."""
        return may(self.console_role, Permission.POST)


USUAL_ROLES: Sequence[RosterRole] = (
    RosterRole("incident_commander", "Incident commander", Role.COMMANDER, "executive", is_covered=True),
    RosterRole("comms_lead", "Communications lead", Role.COMMUNICATIONS_LEAD, "comms_backup", is_covered=True),
    RosterRole(
        "comms_backup", "Communications backup", Role.COMMUNICATIONS_LEAD, "incident_commander", is_covered=True
    ),
    RosterRole("operations_manager", "Operations manager", Role.SUBJECT_EXPERT, "incident_commander", is_covered=True),
    RosterRole("service_manager", "Service manager", Role.SERVICE_MANAGER, "incident_commander"),
    RosterRole("subject_expert", "Subject expert", Role.SUBJECT_EXPERT, "operations_manager"),
    RosterRole("investigator", "Investigator", Role.SUBJECT_EXPERT, "operations_manager"),
    RosterRole("executive", "Executive", Role.VIEWER),
)
"""The parts of R20, and who answers for whom (R22: backup, then commander, then executive)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on duty. `can` are the keys of the roles they may hold."""

    id: str
    name: str
    team: str
    can: frozenset[str]
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of duty in one role, from `starts_at` up to `ends_at`.

    Without a person it says that nobody is there, which only an override does. `order` grows with
    each one made.
    """

    id: str
    role: str
    person_id: str | None
    starts_at: datetime
    ends_at: datetime
    order: int = 0
    is_override: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty in a role from when to when; None for either end is as far as the roster goes."""

    role: str
    person_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether that moment lies in it."""
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Answering:
    """Somebody who answers for a role; `via` is the role they do it from, None for anybody able to post."""

    person: Person
    via: str | None


@dataclass(frozen=True)
class Roster:
    """Roles in their order, people by name, and the shifts that matter."""

    roles: Sequence[RosterRole]
    people: Sequence[Person]
    shifts: Sequence[Shift]

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def _roles(self) -> dict[str, RosterRole]:
        return {role.key: role for role in self.roles}

    @cached_property
    def _duties(self) -> dict[str, list[Duty]]:
        return {role.key: duties(role.key, self.shifts) for role in self.roles}

    def person(self, person_id: str | None) -> Person | None:
        """The person by id, if they are still here."""
        return self._people.get(person_id) if person_id else None

    def role(self, key: str) -> RosterRole | None:
        """The role by key."""
        return self._roles.get(key)

    def duties_in(self, role: str) -> list[Duty]:
        """All time in that role, in order, without holes: who is on duty, or nobody."""
        return self._duties.get(role, [])

    def on_duty(self, role: str, at: datetime) -> Person | None:
        """Who is on duty in that role at that moment."""
        return next((self.person(duty.person_id) for duty in self.duties_in(role) if duty.holds(at)), None)

    def next_on_duty(self, role: str, at: datetime) -> tuple[Person, datetime] | None:
        """Who takes over next in that role, and when."""
        for duty in self.duties_in(role):
            person = self.person(duty.person_id)
            if person and duty.starts_at and duty.starts_at > at:
                return person, duty.starts_at
        return None

    def holders(self, role: str) -> list[Person]:
        """Everybody who may hold that role, by name."""
        return [person for person in self.people if role in person.can]

    def answering(self, role: str, at: datetime) -> list[Answering]:
        """Who answers for that role at that moment, in the order in which they are to be asked.

        Whoever is on duty comes first, then who is on duty in the roles it falls to; of a role that
        has no shifts at all everybody who may hold it. Everybody able to post closes the line.
        """
        found: dict[str, Answering] = {}
        for key in self._line(role):
            for person in self._there(key, at):
                found.setdefault(person.id, Answering(person, key))
        for person in self.people:
            if any(each.speaks for each in self.roles if each.key in person.can):
                found.setdefault(person.id, Answering(person, None))
        return list(found.values())

    def _line(self, role: str) -> Iterable[str]:
        """The role and those it falls to, each once: a circle ends where it began."""
        seen: dict[str, None] = {}
        key: str | None = role
        while key and key not in seen and key in self._roles:
            seen[key] = None
            key = self._roles[key].falls_to
        return seen

    def _there(self, role: str, at: datetime) -> list[Person]:
        if len(self.duties_in(role)) <= 1:
            return self.holders(role)
        person = self.on_duty(role, at)
        return [person] if person else []


def duties(role: str, shifts: Iterable[Shift]) -> list[Duty]:
    """All time in one role, cut wherever somebody else takes over; where nobody is, a duty of nobody."""
    mine = [shift for shift in shifts if shift.role == role]
    edges = sorted({edge for shift in mine for edge in (shift.starts_at, shift.ends_at)})
    found = [Duty(role, None, None, edges[0] if edges else None)]
    for start, end in pairwise([*edges, None]):
        if start is None:
            break
        winner = _winner(mine, start)
        found.append(Duty(role, winner.person_id if winner else None, start, end))
    return _merged(found)


def _winner(shifts: Iterable[Shift], at: datetime) -> Shift | None:
    there = (shift for shift in shifts if shift.starts_at <= at < shift.ends_at)
    return max(there, key=lambda shift: (shift.is_override, shift.order), default=None)


def _merged(found: Iterable[Duty]) -> list[Duty]:
    merged: list[Duty] = []
    for duty in found:
        if merged and merged[-1].person_id == duty.person_id:
            merged[-1] = Duty(duty.role, duty.person_id, merged[-1].starts_at, duty.ends_at)
        else:
            merged.append(duty)
    return merged


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns in a role from `first` on, each for `days` days, handing over at `at` on the clock."""

    role: str
    people: tuple[str, ...]
    first: date
    at: time
    days: int
    turns: int

    def shifts(self, zone: ZoneInfo) -> list[tuple[str, datetime, datetime]]:
        """Person, start and end of each turn.

        A hand-over at an hour that the clocks skip happens an hour later (RFC 5545, 3.3.5), at one
        that comes twice the first time; whoever leaves and whoever comes share that moment.

        Raises:
            RefusedError: nobody takes turns, or there are none.
        """
        if not self.people:
            raise RefusedError({"people": "Choose at least one person."})
        if not (1 <= self.turns <= ROTATION_MOST and 1 <= self.days <= SHIFT_LONGEST.days):
            raise RefusedError({"turns": f"Give 1 to {ROTATION_MOST} turns of at least one day."})
        edges = [self._handover(number, zone) for number in range(self.turns + 1)]
        return [(self.people[turn % len(self.people)], *span) for turn, span in enumerate(pairwise(edges))]

    def _handover(self, number: int, zone: ZoneInfo) -> datetime:
        day = self.first + timedelta(days=self.days * number)
        return datetime.combine(day, self.at, zone).astimezone(UTC)


def check_span(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse a stretch that is none.

    Raises:
        RefusedError: it ends before it starts, or is longer than a year and a month.
    """
    if ends_at <= starts_at:
        raise RefusedError({"ends_at": "The end must lie after the start."})
    if ends_at - starts_at > SHIFT_LONGEST:
        raise RefusedError({"ends_at": f"One shift lasts at most {SHIFT_LONGEST.days} days."})
