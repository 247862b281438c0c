"""Keep the plan for when systems fail: its sections, its yearly signature, its printed copies (R66, R68)."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date, datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.plan import (
    PLACE_MOST,
    Edition,
    PlanSection,
    check_section,
    days_overdue,
    next_review,
    next_version,
    stage_due,
)
from app.domain.text import printable
from app.store.once import insert_once
from app.store.organisation import organisation_row, the_organisation
from app.store.plan import (
    PlanEditionRow,
    PlanReminderRow,
    PlanSectionRow,
    PrintedCopyRow,
    plan_editions,
    plan_sections,
)

RESPONSIBLE = (Role.COMMANDER, Role.SERVICE_MANAGER)
"""Who sees to it that the plan is read every year."""

_PLAN = Subject("plan", "plan")


def save_section(session: Session, section: PlanSection, *, now: datetime) -> None:
    """Keep a section under its number.

    Raises:
        RefusedError: no title, no owner, or too many words.
    """
    section = replace(
        section,
        title=printable(section.title).strip(),
        owner=printable(section.owner).strip(),
        words=printable(section.words).strip(),
    )
    check_section(section)
    row = session.get(PlanSectionRow, section.number)
    before = _section_facts(row) if row else None
    facts = asdict(section)
    if row is None:
        session.add(PlanSectionRow(**facts))
    else:
        for name, value in facts.items():
            setattr(row, name, value)
    session.flush()
    note(session, "plan.section_saved", _PLAN, before=before, after=facts, now=now)


def mark_tested(session: Session, numbers: Iterable[int], tested_on: date, *, now: datetime) -> None:
    """Note that these sections were tried that day; numbers that are none are passed over."""
    tested = []
    for number in numbers:
        row = session.get(PlanSectionRow, number)
        if row is not None and (row.tested_on is None or row.tested_on < tested_on):
            row.tested_on = tested_on
            tested.append(number)
    if tested:
        session.flush()
        note(session, "plan.sections_tested", _PLAN, after={"sections": tested, "tested_on": tested_on}, now=now)


def sign_plan(session: Session, signed_by: str, today: date, *, now: datetime) -> Edition:
    """Sign the plan as it stands; its words are kept as this version, and the next review is due in a year.

    Raises:
        RefusedError: there is nothing to sign.
    """
    sections = plan_sections(session)
    if not sections:
        raise RefusedError("The plan has no sections yet.")
    version = next_version(plan_editions(session), today)
    edition = Edition(version, today, next_review(today), signed_by)
    keep_edition(session, edition, sections, now=now)
    facts = {"version": version, "due_on": edition.due_on, "signed_by": signed_by, "sections": len(sections)}
    note(session, "plan.signed", _PLAN, after=facts, now=now)
    return edition


def keep_edition(session: Session, edition: Edition, sections: Iterable[PlanSection], *, now: datetime) -> None:
    """Keep a signed version with the sections as they were."""
    row = PlanEditionRow(
        **asdict(edition),
        account_id=actor_of(session).account_id,
        signed_at=now,
        sections=[_section_json(section) for section in sections],
    )
    session.add(row)
    session.flush()


def note_copy(session: Session, place: str, version: str, printed_on: date | None, *, now: datetime) -> None:
    """Note that a printed copy lies there.

    Raises:
        RefusedError: it does not say where.
    """
    place = printable(place).strip()
    if not 1 <= len(place) <= PLACE_MOST:
        raise RefusedError({"place": f"Say where the copy lies, in at most {PLACE_MOST} characters."})
    row = session.get(PrintedCopyRow, place) or PrintedCopyRow(place=place)
    row.version, row.printed_on = version, printed_on
    session.add(row)
    session.flush()
    facts = {"place": place, "version": version, "printed_on": printed_on}
    note(session, "plan.copy_noted", _PLAN, after=facts, now=now)


def drop_copy(session: Session, place: str, *, now: datetime) -> None:
    """Note that no copy lies there any more.

    Raises:
        NotFoundError: none did.
    """
    row = session.get(PrintedCopyRow, place)
    if row is None:
        raise NotFoundError("No copy lies there.")
    session.delete(row)
    session.flush()
    note(session, "plan.copy_dropped", _PLAN, before={"place": place}, now=now)


def tend_plan(session: Session, *, now: datetime) -> bool:
    """Remind those responsible 30 and 7 days ahead and on the day itself, each once; whether anybody was reminded."""
    editions = plan_editions(session)
    if organisation_row(session) is None or not editions:
        return False
    today = now.astimezone(the_organisation(session).zone).date()
    newest, stage = editions[0], stage_due(editions[0], today)
    if stage is None or not insert_once(session, PlanReminderRow, due_on=newest.due_on, days=stage, sent_at=now):
        return False
    late = days_overdue(newest, today)
    when = f"was due on {newest.due_on:%B} {newest.due_on.day}" if late else f"is due by {newest.due_on:%B %-d}"
    subject = f"The yearly review of the disaster plan {when}"
    text = f"{subject}.\n\nRead every section, try those that were not tried for a year, and sign it under Plan."
    tell_staff(session, RESPONSIBLE, subject, text, now=now)
    note(session, "plan.reminded", _PLAN, after={"due_on": newest.due_on, "days": stage}, now=now)
    return True


def _section_facts(row: PlanSectionRow) -> dict[str, object]:
    return row.model_dump()


def _section_json(section: PlanSection) -> dict[str, object]:
    return asdict(section) | {"tested_on": section.tested_on.isoformat() if section.tested_on else None}
