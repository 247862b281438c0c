"""The roster: who is on duty now and next, a month of duties, gaps to fill, swaps, and calendars (R20, R22)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from app.commands.coverage import gap_roles, gap_span, gap_touches, special_days_ahead
from app.commands.roster import (
    ShiftDraft,
    add_shift,
    answer_swap,
    ask_swap,
    drop_shift,
    rotate,
    save_role,
    save_usual_roles,
)
from app.commands.shift_files import import_shifts
from app.domain.coverage import HORIZON, coverage_gaps
from app.domain.errors import NotFoundError, RefusedError
from app.domain.organisation import Organisation
from app.domain.roster import ROTATION_MOST, Person, Roster, RosterRole, Rotation
from app.publish.roster_calendar import person_calendar, role_calendar
from app.store.roster import ShiftSwapRow, swaps_asked, the_roster
from app.store.vault import Vault
from app.web.admin.duty.roster_month import month_of, roster_days
from app.web.admin.forms import Reading
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import FOR_ANYONE, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit, parts_of

ROSTER = "/admin/roster"
_PURPOSE = "roster-calendar"
_A_WEEK = timedelta(days=7)
_AHEAD = timedelta(days=30)
_KINDS = ("people", "roles")
_TURN_FIELDS = ("people", "people1", "people2", "people3")

Act = Callable[[Session, Visit, Posted], None]
"""What a form of this page asks for."""

router = APIRouter(prefix=ROSTER)


@dataclass(frozen=True, slots=True)
class DutyNow:
    """One role as the board tells it: who is on duty and until when, who answers instead, who is next and when."""

    role: RosterRole
    person: Person | None
    until: datetime | None
    instead: Person | None
    next: Person | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class GapShown:
    """A gap in words, and what it takes to fill it role by role."""

    roles: str
    span: str
    touches: Sequence[str]
    has_begun: bool
    is_endless: bool
    starts_at: datetime
    ends_at: datetime
    fillers: Sequence[tuple[RosterRole, Sequence[Person]]]


@dataclass(frozen=True, slots=True)
class Cover:
    """Who is on duty and where nobody is: what the board shows of the roster."""

    duties: Sequence[DutyNow]
    gaps: Sequence[GapShown]


@dataclass(frozen=True, slots=True)
class TurnShown:
    """One coming stretch of duty, and who could take it over."""

    role: RosterRole
    person: Person
    starts_at: datetime
    ends_at: datetime
    others: Sequence[Person]


def cover_now(session: Session, organisation: Organisation | None, now: datetime) -> Cover:
    """What the board says of the roster; nothing where there is no roster yet."""
    roster = the_roster(session, now)
    if organisation is None or not roster.roles:
        return Cover((), ())
    return Cover(_duties_now(roster, now), _gaps(session, roster, organisation, now))


def _duties_now(roster: Roster, now: datetime) -> list[DutyNow]:
    return [_duty_now(roster, role, now) for role in roster.roles if role.is_covered]


def _duty_now(roster: Roster, role: RosterRole, now: datetime) -> DutyNow:
    person = roster.on_duty(role.key, now)
    until = next((duty.ends_at for duty in roster.duties_in(role.key) if duty.holds(now)), None)
    line = [] if person else roster.answering(role.key, now)
    after, at = roster.next_on_duty(role.key, now) or (None, None)
    return DutyNow(role, person, until, line[0].person if line else None, after, at)


def _gaps(session: Session, roster: Roster, organisation: Organisation, now: datetime) -> list[GapShown]:
    special = special_days_ahead(session, organisation, now)
    shown = []
    for gap in coverage_gaps(roster, now, now + HORIZON):
        starts_at = max(gap.starts_at, now.replace(second=0, microsecond=0))
        fillers = [(role, roster.holders(role.key)) for role in roster.roles if role.key in gap.roles]
        touches = gap_touches(gap, organisation, special, now)
        ends_at = gap.ends_at or starts_at + _A_WEEK
        words = gap_roles(gap, roster), gap_span(gap, organisation.zone)
        shown.append(GapShown(*words, touches, gap.has_begun(now), gap.ends_at is None, starts_at, ends_at, fillers))
    return shown


@router.get("")
def roster_page(visit: Reader, month: str = "") -> Response:
    """Now, gaps, swaps, and one month."""
    return _page(visit, month)


@router.post("/usual-roles")
def begin(visit: SettingsEditor) -> Response:
    """Begin with the usual roles."""
    with visit.transaction() as session:
        save_usual_roles(session, now=visit.now)
    return visit.see_other(f"{ROSTER}/people?done=roles")


@router.post("/roles/{role}")
def name_role(visit: SettingsEditor, role: str, posted: PostedForm) -> Response:
    """Call a role differently."""
    try:
        with visit.transaction() as session:
            save_role(session, role, posted.text("name"), is_covered=posted.has("is_covered"), now=visit.now)
    except RefusedError as error:
        return _page(visit, "", problems=error.problems)
    return visit.see_other(f"{ROSTER}/people?done=role")


@router.post("/shifts")
def assign(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Enter a shift or an override, from the form or from a gap."""
    return _attempt(visit, posted, _assign, "shift")


@router.post("/shifts/{shift_id}/removal")
def take_back(visit: SettingsEditor, shift_id: str) -> Response:
    """Take back a shift or an override."""
    with visit.transaction() as session:
        drop_shift(session, shift_id, now=visit.now)
    return visit.see_other(f"{ROSTER}?done=dropped")


@router.post("/rotations")
def take_turns(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Enter the shifts of people who take turns."""
    return _attempt(visit, posted, _rotate, "rotation")


@router.post("/swaps")
def ask(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Ask somebody to take a stretch over."""
    return _attempt(visit, posted, _ask, "asked")


@router.post("/swaps/{swap_id}/answer")
def answer(visit: SettingsEditor, swap_id: str, posted: PostedForm) -> Response:
    """Take the stretch, or not."""
    is_yes = posted.text("answer") == "yes"
    try:
        with visit.transaction() as session:
            answer_swap(session, swap_id, accept=is_yes, now=visit.now)
    except RefusedError as error:
        return _page(visit, "", problems=error.problems)
    return visit.see_other(f"{ROSTER}?done={'swapped' if is_yes else 'declined'}")


@router.post("/shift-files")
def enter_file(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Enter the events of a calendar file as shifts."""
    return _attempt(visit, posted, _enter_file, "file")


@router.get("/calendars/{kind}/{key}/{signature}.ics", dependencies=FOR_ANYONE)
def calendar(request: Request, kind: str, key: str, signature: str) -> Response:
    """Somebody's duties as a calendar, for whoever holds its address.

    Raises:
        NotFoundError: the address is not one that this installation gave out.
    """
    parts, now = parts_of(request), parts_of(request).clock()
    if kind not in _KINDS or not parts.vault.is_signed(_PURPOSE, f"{kind}/{key}", signature):
        raise NotFoundError("No calendar stands at this address.")
    with parts.database.read() as session:
        roster = the_roster(session, now)
    host = urlsplit(parts.public_url).hostname or "porchlight"
    known = roster.person(key) if kind == "people" else roster.role(key)
    if known is None:
        raise NotFoundError("No calendar stands at this address.")
    write = person_calendar if kind == "people" else role_calendar
    return Response(
        write(roster, key, host=host, now=now),
        media_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, max-age=300"},
    )


def calendar_address(vault: Vault, kind: str, key: str) -> str:
    """Where that calendar stands; `kind` is "people" or "roles". Whoever knows it can read it."""
    return f"{ROSTER}/calendars/{kind}/{key}/{vault.signature(_PURPOSE, f'{kind}/{key}')}.ics"


def _attempt(visit: Visit, posted: Posted, act: Act, done: str) -> Response:
    """Do what a form asks for; where it is refused, the page comes back with the words kept."""
    try:
        with visit.transaction() as session:
            act(session, visit, posted)
    except RefusedError as error:
        return _page(visit, "", problems=error.problems, posted=posted)
    return visit.see_other(f"{ROSTER}?done={done}")


def _assign(session: Session, visit: Visit, posted: Posted) -> None:
    starts_at, ends_at = _span(visit, posted)
    draft = ShiftDraft(
        role=posted.text("role"),
        person_id=posted.text("person") or None,
        starts_at=starts_at,
        ends_at=ends_at,
        is_override=posted.has("is_override"),
        why=posted.text("why"),
    )
    add_shift(session, draft, now=visit.now)


def _rotate(session: Session, visit: Visit, posted: Posted) -> None:
    reading = Reading(visit.zone)
    first = reading.moment("first", posted.text("first"))
    days = reading.whole("days", posted.text("days"), least=1, most=31)
    turns = reading.whole("turns", posted.text("turns"), least=1, most=ROTATION_MOST)
    reading.refuse()
    local = (first or visit.now).astimezone(visit.zone)
    people = tuple(filter(None, (posted.text(name) for name in _TURN_FIELDS)))
    rotation = Rotation(posted.text("role"), people, local.date(), local.time(), days, turns)
    rotate(session, rotation, visit.zone, now=visit.now)


def _ask(session: Session, visit: Visit, posted: Posted) -> None:
    starts_at, ends_at = _span(visit, posted)
    ask_swap(session, posted.text("role"), posted.text("person"), starts_at, ends_at, now=visit.now)


def _enter_file(session: Session, visit: Visit, posted: Posted) -> None:
    import_shifts(session, posted.text("role"), posted.text("file"), visit.zone, now=visit.now)


def _span(visit: Visit, posted: Posted) -> tuple[datetime, datetime]:
    """The stretch: exact moments that the page offered, or times typed on the organisation's clock."""
    reading, found = Reading(visit.zone), {}
    for name in ("starts_at", "ends_at"):
        text = posted.text(name)
        read = reading.exact_moment if "+" in text or text.endswith("Z") else reading.moment
        found[name] = read(name, text) or visit.now
    reading.refuse()
    return found["starts_at"].astimezone(UTC), found["ends_at"].astimezone(UTC)


def _page(
    visit: Visit, month: str, *, problems: Mapping[str, str] | None = None, posted: Posted | None = None
) -> Response:
    with visit.database.read() as session:
        roster = the_roster(session, visit.now)
        cover = cover_now(session, visit.organisation, visit.now)
        asked = swaps_asked(session, visit.now)
        first = month_of(month, visit)
        days = roster_days(session, roster, visit, first)
    return visit.page(
        "roster/index.html",
        status=422 if problems else 200,
        roster=roster,
        cover=cover,
        swaps=[(swap, roster.role(swap.role_key), *_both(roster, swap)) for swap in asked],
        turns=_turns(roster, visit.now),
        first=first,
        days=days,
        before=(first - timedelta(days=1)).replace(day=1),
        after=(first + timedelta(days=31)).replace(day=1),
        said=posted or Posted(),
        problems=problems or {},
        done=visit.request.query_params.get("done", ""),
        address=lambda kind, key: calendar_address(visit.parts.vault, kind, key),
    )


def _both(roster: Roster, swap: ShiftSwapRow) -> tuple[Person | None, Person | None]:
    return roster.person(swap.from_person_id), roster.person(swap.to_person_id)


def _turns(roster: Roster, now: datetime) -> list[TurnShown]:
    """What is ahead in the next month and could be swapped, by time."""
    found = [
        TurnShown(role, person, max(duty.starts_at, now), duty.ends_at, _others(roster, role, person))
        for role in roster.roles
        for duty in roster.duties_in(role.key)
        if duty.starts_at and duty.ends_at and duty.ends_at > now and duty.starts_at < now + _AHEAD
        if (person := roster.person(duty.person_id)) is not None
    ]
    return sorted(found, key=lambda turn: turn.starts_at)


def _others(roster: Roster, role: RosterRole, person: Person) -> list[Person]:
    return [each for each in roster.holders(role.key) if each.id != person.id]
