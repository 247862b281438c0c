"""Rows of what has to be done after an incident, and the queries that name them (R59)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.actions import ActionItem, ActionKind
from app.store.columns import Moment, new_id


class ActionItemRow(SQLModel, table=True):
    """One thing to do. `done_by` is the account that said it is done, None for what a file said."""

    __tablename__ = "action_item"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True, max_length=12)
    kind: str
    words: str
    owner: str
    due_on: date = Field(index=True)
    opened_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    done_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    proof: str = ""


def action_row(session: Session, action_id: str) -> ActionItemRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(ActionItemRow).where(ActionItemRow.id == action_id).with_for_update()).first()


def actions_of(session: Session, incident_id: str) -> list[ActionItem]:
    """What is to be done because of an incident, done or not, soonest first."""
    return list(actions_by_incident(session, [incident_id]).get(incident_id, ()))


def actions_by_incident(session: Session, incident_ids: Collection[str]) -> Mapping[str, list[ActionItem]]:
    """The same for several incidents at once, by incident; those without any are missing."""
    found: defaultdict[str, list[ActionItem]] = defaultdict(list)
    wanted = select(ActionItemRow).where(col(ActionItemRow.incident_id).in_(incident_ids))
    for row in session.exec(wanted.order_by(*_SOONEST)):
        if row.incident_id:
            found[row.incident_id].append(frozen_action(row))
    return dict(found)


def open_actions(session: Session) -> list[ActionItem]:
    """Everything that is still to be done, soonest first."""
    wanted = select(ActionItemRow).where(col(ActionItemRow.done_at).is_(None))
    return [frozen_action(row) for row in session.exec(wanted.order_by(*_SOONEST))]


def overdue_actions(session: Session, today: date) -> list[ActionItem]:
    """What should have been done by yesterday and is not, longest overdue first."""
    late = select(ActionItemRow).where(col(ActionItemRow.done_at).is_(None), ActionItemRow.due_on < today)
    return [frozen_action(row) for row in session.exec(late.order_by(*_SOONEST))]


def done_actions(session: Session, *, skip: int, most: int) -> list[ActionItem]:
    """What is done, newest first."""
    done = select(ActionItemRow).where(col(ActionItemRow.done_at).is_not(None))
    newest = (col(ActionItemRow.done_at).desc(), col(ActionItemRow.id))
    return [frozen_action(row) for row in session.exec(done.order_by(*newest).offset(skip).limit(most))]


def frozen_action(row: ActionItemRow) -> ActionItem:
    """The action as a value."""
    return ActionItem(
        id=row.id,
        incident_id=row.incident_id,
        kind=ActionKind(row.kind),
        words=row.words,
        owner=row.owner,
        due_on=row.due_on,
        opened_at=row.opened_at,
        done_at=row.done_at,
        proof=row.proof,
    )


_SOONEST = (col(ActionItemRow.due_on), col(ActionItemRow.opened_at), col(ActionItemRow.id))
