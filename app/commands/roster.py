"""Change the roster: people, names of roles, shifts, rotations, overrides and swaps (R16, R20, R22)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.commands.addresses import normal_address
from app.commands.audit import note, note_change
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.errors import NotFoundError, RefusedError
from app.domain.roster import NAME_MOST, USUAL_ROLES, WHY_MOST, Rotation, check_span
from app.domain.text import printable
from app.store.accounts import AccountRow
from app.store.outbox import take_numbers
from app.store.roster import PersonRoleRow, PersonRow, RosterRoleRow, ShiftRow, ShiftSwapRow, roster_roles, the_roster
from app.store.vault import Vault


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person as somebody types them. `can` are keys of roles; empty addresses are none."""

    name: str
    team: str = ""
    can: Collection[str] = ()
    phone: str = ""
    email: str = ""
    backup_email: str = ""
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """A shift or an override; only an override may name nobody."""

    role: str
    person_id: str | None
    starts_at: datetime
    ends_at: datetime
    is_override: bool = False
    why: str = ""


def save_usual_roles(session: Session, *, now: datetime) -> None:
    """Begin with the usual roles; those that are there already stay as they are."""
    known = {role.key for role in roster_roles(session)}
    for position, role in enumerate(USUAL_ROLES):
        if role.key not in known:
            session.add(RosterRoleRow(
                key=role.key, name=role.name, console_role=role.console_role, falls_to=role.falls_to,
                is_covered=role.is_covered, position=position,
            ))  # fmt: skip
            note(session, "roster_role.added", Subject("roster_role", role.key), after={"name": role.name}, now=now)
    session.flush()


def save_role(session: Session, key: str, name: str, *, is_covered: bool, now: datetime) -> None:
    """Call a role differently, and say whether somebody must always be on duty in it; what it may do stays (R20).

    Raises:
        RefusedError: no name, or one too long.
        NotFoundError: there is no such role.
    """
    row = session.get(RosterRoleRow, key)
    if row is None:
        raise NotFoundError("There is no such role.")
    before = {"name": row.name, "is_covered": row.is_covered}
    row.name, row.is_covered = _named(name), is_covered
    after = {"name": row.name, "is_covered": row.is_covered}
    note_change(session, "roster_role.saved", Subject("roster_role", key), before=before, after=after, now=now)


def save_person(
    session: Session, vault: Vault, draft: PersonDraft, *, now: datetime, person_id: str | None = None
) -> str:
    """Add a person, or change the one with that id; their id.

    Raises:
        RefusedError: no name, an address that is none, or a role or account that is unknown.
        NotFoundError: there is no such person.
    """
    row = session.get(PersonRow, person_id) if person_id else PersonRow(name="", created_at=now)
    if row is None or row.left_at:
        raise NotFoundError("There is no such person.")
    phone, *mails = _addresses(draft)
    row.name, row.team = _named(draft.name), _line(draft.team)[:NAME_MOST]
    row.account_id = _account(session, draft.account_id)
    row.phone_cipher = vault.seal(phone) if phone else None
    row.phone_index = vault.index(Channel.SMS, phone) if phone else None
    row.email_cipher, row.backup_email_cipher = (vault.seal(mail) if mail else None for mail in mails)
    session.add(row)
    session.flush()
    _set_roles(session, row.id, draft.can)
    facts = {"name": row.name, "team": row.team, "can": sorted(draft.can), "has_phone": bool(phone)}
    note(session, "person.saved", Subject("person", row.id), after=facts, now=now)
    return row.id


def people_at(session: Session, vault: Vault, sender: str) -> list[str]:
    """The ids of people of the roster whose telephone this is; two may share one."""
    try:
        number = normal_address(Channel.SMS, sender)
    except RefusedError:
        return []
    indexes = vault.indexes(Channel.SMS, number)
    here = col(PersonRow.phone_index).in_(indexes) & col(PersonRow.left_at).is_(None)
    return list(session.exec(select(PersonRow.id).where(here)))


def remove_person(session: Session, person_id: str, *, now: datetime) -> None:
    """Take somebody off the roster: their addresses are erased and their shifts show as empty.

    Raises:
        NotFoundError: there is no such person.
    """
    row = session.get(PersonRow, person_id)
    if row is None or row.left_at:
        raise NotFoundError("There is no such person.")
    row.left_at, row.account_id = now, None
    row.phone_cipher = row.phone_index = row.email_cipher = row.backup_email_cipher = None
    note(session, "person.removed", Subject("person", row.id), before={"name": row.name}, now=now)


def add_shift(session: Session, draft: ShiftDraft, *, now: datetime) -> str:
    """Enter a shift or an override; its id.

    Raises:
        RefusedError: it ends before it starts, the person may not hold the role, or a shift names nobody.
    """
    check_span(draft.starts_at, draft.ends_at)
    if len(draft.why) > WHY_MOST:
        raise RefusedError({"why": f"Use at most {WHY_MOST} characters."})
    _check_holder(session, draft, now)
    row = ShiftRow(
        role_key=draft.role, person_id=draft.person_id, starts_at=draft.starts_at, ends_at=draft.ends_at,
        is_override=draft.is_override, why=_line(draft.why), position=take_numbers(session, "shift"), created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(session, "shift.added", Subject("shift", row.id), after=_facts(row), now=now)
    return row.id


def drop_shift(session: Session, shift_id: str, *, now: datetime) -> None:
    """Take back a shift or an override; what it covered falls to what lies below.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(ShiftRow, shift_id)
    if row is None:
        raise NotFoundError("There is no such shift any more.")
    session.delete(row)
    note(session, "shift.dropped", Subject("shift", row.id), before=_facts(row), now=now)


def rotate(session: Session, rotation: Rotation, zone: ZoneInfo, *, now: datetime) -> int:
    """Enter the shifts of people who take turns; how many.

    Raises:
        RefusedError: nobody takes turns, or somebody may not hold the role.
    """
    turns = rotation.shifts(zone)
    for person_id, starts_at, ends_at in turns:
        add_shift(session, ShiftDraft(rotation.role, person_id, starts_at, ends_at), now=now)
    return len(turns)


def ask_swap(
    session: Session, role: str, to_person_id: str, starts_at: datetime, ends_at: datetime, *, now: datetime
) -> str:
    """Ask somebody to take a stretch of whoever is on duty in it; the id of the question.

    Raises:
        RefusedError: nobody is on duty there all the time, or the other person may not hold the role.
    """
    check_span(starts_at, ends_at)
    holder = _holder(session, role, starts_at, ends_at, now)
    _check_holder(session, ShiftDraft(role, to_person_id, starts_at, ends_at), now)
    if holder is None or holder == to_person_id:
        raise RefusedError({"person": "Nobody else is on duty all that time, so there is nothing to swap."})
    row = ShiftSwapRow(
        role_key=role, from_person_id=holder, to_person_id=to_person_id, starts_at=starts_at, ends_at=ends_at,
        asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(session, "shift_swap.asked", Subject("shift_swap", row.id), after=_swap_facts(row), now=now)
    return row.id


def answer_swap(session: Session, swap_id: str, *, accept: bool, now: datetime) -> None:
    """Take the stretch, or not. What was accepted is an override from then on. Answered once.

    Raises:
        NotFoundError: nobody asks that any more.
        RefusedError: the stretch has changed hands since it was asked.
    """
    row = session.get(ShiftSwapRow, swap_id, with_for_update=True)
    if row is None or row.answered_at is not None:
        raise NotFoundError("This swap has been answered.")
    row.answered_at, row.is_accepted = now, accept
    if accept:
        if _holder(session, row.role_key, row.starts_at, row.ends_at, now) != row.from_person_id:
            raise RefusedError("Somebody else is on duty there by now. Ask again.")
        draft = ShiftDraft(row.role_key, row.to_person_id, row.starts_at, row.ends_at, is_override=True, why="Swap")
        add_shift(session, draft, now=now)
    act = "shift_swap.accepted" if accept else "shift_swap.declined"
    note(session, act, Subject("shift_swap", row.id), after=_swap_facts(row), now=now)


def _holder(session: Session, role: str, starts_at: datetime, ends_at: datetime, now: datetime) -> str | None:
    """Who is on duty in the role for all of that time."""
    for duty in the_roster(session, now).duties_in(role):
        if duty.holds(starts_at) and (duty.ends_at is None or duty.ends_at >= ends_at):
            return duty.person_id
    return None


def _check_holder(session: Session, draft: ShiftDraft, now: datetime) -> None:
    roster = the_roster(session, now)
    role = roster.role(draft.role)
    if role is None:
        raise RefusedError({"role": "Choose one of the roles."})
    if draft.person_id is None:
        if draft.is_override:
            return
        raise RefusedError({"person": "Choose who is on duty."})
    person = roster.person(draft.person_id)
    if person is None:
        raise RefusedError({"person": "Choose one of the people."})
    if draft.role not in person.can:
        raise RefusedError({"person": f"{person.name} is not down for the role “{role.name}”."})


def _addresses(draft: PersonDraft) -> list[str]:
    """Telephone, mail and second mail as they are stored."""
    wanted = (
        ("phone", Channel.SMS, draft.phone),
        ("email", Channel.EMAIL, draft.email),
        ("backup_email", Channel.EMAIL, draft.backup_email),
    )
    found, problems = [], {}
    for name, channel, text in wanted:
        try:
            found.append(normal_address(channel, text) if text.strip() else "")
        except RefusedError as error:
            problems[name] = str(error)
    if not problems and found[1] and found[2] and _domain(found[1]) == _domain(found[2]):
        problems["backup_email"] = "Give an address on another domain: it must work when the first does not."
    if problems:
        raise RefusedError(problems)
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _account(session: Session, account_id: str | None) -> str | None:
    if account_id and session.get(AccountRow, account_id) is None:
        raise RefusedError({"account": "There is no such account."})
    return account_id or None


def _set_roles(session: Session, person_id: str, can: Collection[str]) -> None:
    unknown = set(can) - {role.key for role in roster_roles(session)}
    if unknown:
        raise RefusedError({"can": "Choose from the roles."})
    session.execute(sa.delete(PersonRoleRow).where(col(PersonRoleRow.person_id) == person_id))
    session.add_all(PersonRoleRow(person_id=person_id, role_key=key) for key in sorted(set(can)))
    session.flush()


def _named(text: str) -> str:
    name = _line(text)
    if not name or len(name) > NAME_MOST:
        raise RefusedError({"name": f"Give a name of at most {NAME_MOST} characters."})
    return name


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _facts(row: ShiftRow) -> dict[str, object]:
    return {
        "role": row.role_key,
        "person": row.person_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "is_override": row.is_override,
        "why": row.why,
    }


def _swap_facts(row: ShiftSwapRow) -> dict[str, object]:
    return {
        "role": row.role_key,
        "from": row.from_person_id,
        "to": row.to_person_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }
