"""Change the escalation matrix and whom it names outside the roster (R15, R16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.commands.addresses import normal_address
from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.errors import NotFoundError, RefusedError
from app.domain.escalation import USUAL_STEPS, EscalationStep, Outside, check_step
from app.domain.roster import NAME_MOST
from app.domain.text import printable
from app.store.escalation import EscalationStepRow, OutsideContactRow, matrix
from app.store.roster import roster_roles
from app.store.vault import Vault


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """Somebody outside as a person types them; empty addresses are none."""

    kind: Outside
    name: str
    phone: str = ""
    email: str = ""


def save_usual_steps(session: Session, *, now: datetime) -> None:
    """Begin with the usual matrix; where there is one already, nothing changes."""
    if not matrix(session):
        enter_steps(session, USUAL_STEPS, now=now)


def enter_steps(session: Session, steps: Iterable[EscalationStep], *, now: datetime) -> None:
    """Enter these steps beside those that are there."""
    for step in steps:
        save_step(session, step, now=now)


def save_step(session: Session, step: EscalationStep, *, now: datetime) -> str:
    """Enter a step, or change the one with its id; the id. What was taken stays taken.

    Raises:
        RefusedError: it calls nobody or in no way.
        NotFoundError: there is no such step.
    """
    check_step(step, [role.key for role in roster_roles(session)])
    row = session.get(EscalationStepRow, step.id) if step.id else _new()
    if row is None:
        raise NotFoundError("There is no such step any more.")
    row.severity, row.after_minutes, row.only_unanswered = step.severity, step.after_minutes, step.only_unanswered
    row.notify, row.by = list(step.notify), [way.value for way in step.by]
    session.add(row)
    session.flush()
    note(session, "escalation_step.saved", Subject("escalation_step", row.id), after=_facts(row), now=now)
    return row.id


def _new() -> EscalationStepRow:
    return EscalationStepRow(severity="", after_minutes=0, only_unanswered=False, notify=[], by=[])


def drop_step(session: Session, step_id: str, *, now: datetime) -> None:
    """Take a step out of the matrix.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(EscalationStepRow, step_id)
    if row is None:
        raise NotFoundError("There is no such step any more.")
    session.delete(row)
    note(session, "escalation_step.dropped", Subject("escalation_step", step_id), before=_facts(row), now=now)


def _facts(row: EscalationStepRow) -> dict[str, object]:
    return {
        "severity": row.severity,
        "after_minutes": row.after_minutes,
        "only_unanswered": row.only_unanswered,
        "notify": list(row.notify),
        "by": list(row.by),
    }


def add_contact(session: Session, vault: Vault, draft: ContactDraft, *, now: datetime) -> str:
    """Enter somebody outside the roster; their id.

    Raises:
        RefusedError: no name, no address, or one that is none.
    """
    name = " ".join(printable(draft.name).split())
    problems = {} if name and len(name) <= NAME_MOST else {"name": f"Give a name of at most {NAME_MOST} characters."}
    phone = _address(Channel.SMS, draft.phone, "phone", problems)
    email = _address(Channel.EMAIL, draft.email, "email", problems)
    if not (phone or email or problems):
        problems["phone"] = "Give a telephone number or an address for mail."
    if problems:
        raise RefusedError(problems)
    row = OutsideContactRow(
        kind=draft.kind,
        name=name,
        phone_cipher=vault.seal(phone) if phone else None,
        email_cipher=vault.seal(email) if email else None,
    )
    session.add(row)
    session.flush()
    after = {"kind": draft.kind, "name": name}
    note(session, "outside_contact.added", Subject("outside_contact", row.id), after=after, now=now)
    return row.id


def _address(channel: Channel, text: str, name: str, problems: dict[str, str]) -> str:
    try:
        return normal_address(channel, text) if text.strip() else ""
    except RefusedError as error:
        problems[name] = str(error)
        return ""


def drop_contact(session: Session, contact_id: str, *, now: datetime) -> None:
    """Take somebody outside off the list; their addresses are erased with the row.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(OutsideContactRow, contact_id)
    if row is None:
        raise NotFoundError("There is nobody by that name any more.")
    session.delete(row)
    before = {"kind": row.kind, "name": row.name}
    note(session, "outside_contact.dropped", Subject("outside_contact", contact_id), before=before, now=now)
