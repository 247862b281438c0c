"""Bring components back step by step, see that they are back, and say how lasting the fix is (R53-R56)."""

from datetime import date, datetime
from typing import Literal

from sqlmodel import Session

from app.commands.actions import open_action
from app.commands.audit import actor_of, note
from app.commands.incident_records import mark_edited
from app.commands.incidents import locked_incident
from app.commands.timeline import tell
from app.domain.actions import ActionKind
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.recovery import Purpose, checked_steps
from app.domain.stages import Fix
from app.domain.timeline import EntryKind
from app.store.components import ComponentRow, component_row
from app.store.incidents import IncidentRow
from app.store.recovery import RecoveryStepRow, RecoveryTickRow, steps_of, tick_row
from app.store.work import work_of

Moment = Literal["relieved_at", "fixed_at"]


def save_steps(session: Session, slug: str, recover: str, verify: str, *, now: datetime) -> None:
    """Keep the steps of a component, one to a line; a step whose words stay keeps its ticks.

    Raises:
        NotFoundError: there is no such component.
        RefusedError: too many steps, or one that is too long.
    """
    component = component_row(session, slug)
    if component is None:
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    wanted = {
        Purpose.RECOVER: checked_steps(recover, "recover"),
        Purpose.VERIFY: checked_steps(verify, "verify"),
    }
    known = {(row.purpose, row.words): row for row in steps_of(session, component.id)}
    for purpose, steps in wanted.items():
        _put(session, component, purpose, steps, known)
    kept = {(purpose.value, words) for purpose, steps in wanted.items() for words in steps}
    for key, row in known.items():
        if key not in kept:
            session.delete(row)
    before = {purpose.value: [words for kind, words in known if kind == purpose] for purpose in Purpose}
    after = {purpose.value: steps for purpose, steps in wanted.items()}
    if before != after:
        subject = Subject("component", component.slug)
        note(session, "component.steps_saved", subject, before=before, after=after, now=now)
    session.flush()


def _put(
    session: Session,
    component: ComponentRow,
    purpose: Purpose,
    steps: list[str],
    known: dict[tuple[str, str], RecoveryStepRow],
) -> None:
    for position, words in enumerate(steps):
        row = known.get((purpose.value, words))
        if row is None:
            row = RecoveryStepRow(component_id=component.id, purpose=purpose, words=words, position=position)
            session.add(row)
        row.position = position


def tick(session: Session, incident_id: str, ref: str, *, now: datetime) -> None:
    """Say that a step is done or a check has passed, under one's own name.

    Raises:
        NotFoundError: there is no such incident, or no such step on its list.
    """
    row = locked_incident(session, incident_id)
    item = next((each for each in work_of(session, row.id, now).checks if each.ref == ref), None)
    if item is None:
        raise NotFoundError("This step is not on the list of this incident any more.")
    if tick_row(session, row.id, ref):
        return
    actor = actor_of(session)
    session.add(
        RecoveryTickRow(
            incident_id=row.id,
            ref=ref,
            purpose=item.purpose,
            component=item.component,
            words=item.words,
            done_at=now,
            account_id=actor.account_id,
            by=actor.name,
        )
    )
    kind = EntryKind.RECOVERY if item.purpose is Purpose.RECOVER else EntryKind.CHECK
    tell(session, row, kind, f"{item.component}: {item.words}", now=now)
    facts = {"step": item.words, "component": item.component}
    note(session, "recovery.ticked", Subject("incident", row.id), after=facts, now=now)


def untick(session: Session, incident_id: str, ref: str, *, now: datetime) -> None:
    """Say that a step was not done after all.

    Raises:
        NotFoundError: there is no such incident, or the step was not ticked.
    """
    row = locked_incident(session, incident_id)
    ticked = tick_row(session, row.id, ref)
    if ticked is None:
        raise NotFoundError("This step is not ticked.")
    facts = {"step": ticked.words, "component": ticked.component, "by": ticked.by}
    session.delete(ticked)
    tell(session, row, EntryKind.CHECK, f"Not done after all: {ticked.component}: {ticked.words}", now=now)
    note(session, "recovery.unticked", Subject("incident", row.id), before=facts, now=now)


def settle_fix(
    session: Session,
    incident_id: str,
    fix: Fix,
    *,
    today: date,
    due_on: date | None = None,
    owner: str = "",
    now: datetime,
) -> None:
    """Say whether the fix is permanent. A temporary one is named so on the page, and opens a dated action (R55).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: a temporary fix without a date from today on, or without an owner.
    """
    row = locked_incident(session, incident_id)
    if row.fix == fix:
        return
    if fix is Fix.TEMPORARY:
        _follow_up(session, row, today, due_on, owner, now)
    before, row.fix = row.fix, fix
    mark_edited(session, row, now)
    tell(session, row, EntryKind.DECISION, f"The fix is {fix}.", now=now)
    facts = {"fix": fix, "due_on": due_on}
    note(session, "incident.fix_settled", Subject("incident", row.id), before={"fix": before}, after=facts, now=now)


def _follow_up(session: Session, row: IncidentRow, today: date, due_on: date | None, owner: str, now: datetime) -> None:
    problems = {}
    if due_on is None or due_on < today:
        problems["due_on"] = "Say by which day it will be fixed for good."
    if not owner.strip():
        problems["owner"] = "Say who sees to it."
    if problems or due_on is None:
        raise RefusedError(problems)
    words = f"Replace the temporary fix by a lasting one: {row.title}"
    open_action(
        session, incident_id=row.id, kind=ActionKind.FOLLOW_UP, words=words, owner=owner, due_on=due_on, now=now
    )


def state_moment(session: Session, incident_id: str, which: Moment, at: datetime, *, now: datetime) -> None:
    """Say when members could work again, or when the fault was gone: two different times (R56).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it has not come yet, or lies before the beginning (field as `which`).
    """
    row = locked_incident(session, incident_id)
    if not row.started_at <= at <= now:
        raise RefusedError({which: "Give a time between the beginning of the incident and now."})
    before = getattr(row, which)
    if before == at:
        return
    setattr(row, which, at)
    words = "Members can work again." if which == "relieved_at" else "The fault is fixed."
    tell(session, row, EntryKind.CHECK, words, now=now, at=at)
    note(
        session,
        "incident.moment_stated",
        Subject("incident", row.id),
        before={which: before},
        after={which: at},
        now=now,
    )
