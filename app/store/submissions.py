"""Forms that were sent, so that pressing Publish twice publishes once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col

from app.domain.audit import SYSTEM, Actor
from app.domain.errors import RefusedError
from app.store.columns import Moment
from app.store.session import Database

_KEPT = timedelta(days=7)


class FormSubmissionRow(SQLModel, table=True):
    """One form that did its work. `key` came with the empty form, `digest` is of what was filled in."""

    __tablename__ = "form_submission"

    account_id: str = Field(primary_key=True, max_length=12)
    key: str = Field(primary_key=True, max_length=64)
    digest: str = Field(max_length=64)
    path: str
    created_at: datetime = Field(sa_type=Moment, index=True)


def once(
    database: Database,
    account_id: str,
    key: str,
    digest: str,
    act: Callable[[Session], str],
    *,
    by: Actor = SYSTEM,
    now: datetime,
) -> str:
    """Do `act` in one transaction of `by`, or return the path it gave when this form was sent before.

    Two presses at the same moment meet at the primary key: the later one waits for the earlier and
    finds its result.

    Raises:
        RefusedError: this form was sent before with other words.
    """
    try:
        with database.transaction(by) as session:
            return _sent_before(session, account_id, key, digest) or _act(session, account_id, key, digest, act, now)
    except IntegrityError:
        with database.read() as session:
            path = _sent_before(session, account_id, key, digest)
        if path is None:
            raise
        return path


def _sent_before(session: Session, account_id: str, key: str, digest: str) -> str | None:
    row = session.get(FormSubmissionRow, (account_id, key))
    if row is None:
        return None
    if row.digest != digest:
        raise RefusedError("This form was already published, with other words. Publish again to post these as well.")
    return row.path


def _act(session: Session, account_id: str, key: str, digest: str, act: Callable[[Session], str], now: datetime) -> str:
    session.execute(delete(FormSubmissionRow).where(col(FormSubmissionRow.created_at) < now - _KEPT))
    row = FormSubmissionRow(account_id=account_id, key=key, digest=digest, path="", created_at=now)
    session.add(row)
    session.flush()
    row.path = act(session)
    return row.path
