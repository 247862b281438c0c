"""Remind, once for each link, that nobody has proved for too long that it works (R32)."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from app.commands.audit import note
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.components import Component
from app.domain.proofs import overdue_proofs
from app.store.components import ComponentRow, live_components
from app.store.organisation import organisation_row, the_organisation


def remind_of_proofs(session: Session, *, now: datetime) -> list[Component]:
    """The components whose link is due to be tried and that nobody was reminded of yet; each is given once.

    The service managers are told by mail, and by text where their number is known.

    The mark is set only where it was not, so that of two workers one reminds. Saving or proving the
    link takes it away.
    """
    if organisation_row(session) is None:
        return []
    organisation = the_organisation(session)
    today = now.astimezone(organisation.zone).date()
    due = overdue_proofs(live_components(session), today, organisation.prove_within_days)
    fresh = [item for item in due if _mark(session, item, now)]
    for item in fresh:
        proved_on = item.direct_link.verified_on
        facts = {"name": item.name, "proved_on": proved_on.isoformat() if proved_on else ""}
        note(session, "component.proof_reminded", Subject("component", item.slug), after=facts, now=now)
    if fresh:
        tell_staff(session, (Role.SERVICE_MANAGER,), _subject(fresh), _text(fresh), now=now)
    return fresh


def _subject(due: Sequence[Component]) -> str:
    return "A direct sign-in is due to be tried" if len(due) == 1 else f"{len(due)} direct sign-ins are due to be tried"


def _text(due: Sequence[Component]) -> str:
    return "\n".join(
        (
            "In an outage members are sent to these sign-ins, and nobody has proved lately that they work:",
            *(_line(component) for component in due),
            "Try each one in a private window, then press “I got in today” on its page in the console.",
        )
    )


def _line(component: Component) -> str:
    proved_on = component.direct_link.verified_on
    proved = f"last proved {proved_on:%B} {proved_on.day}, {proved_on.year}" if proved_on else "never proved"
    return f"- {component.short_name}, {proved}: {component.direct_link.url}"


def _mark(session: Session, component: Component, now: datetime) -> bool:
    marked = session.execute(
        sa.update(ComponentRow)
        .where(col(ComponentRow.id) == component.id, col(ComponentRow.link_reminded_at).is_(None))
        .values(link_reminded_at=now)
    )
    return bool(marked.rowcount)  # type: ignore[attr-defined]
