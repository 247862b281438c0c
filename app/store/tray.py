"""The tray: what a laptop's notifiers would have sent, to be read in the console. Nothing in it ever left.

Addresses stand here in clear, because whoever develops wants to see them; an installation with real
channels keeps nothing here.
"""

import json
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment
from app.store.subscribers import BIG
from notifiers.base import Notice

MOST_KEPT = 500


class TrayRow(SQLModel, table=True):
    """One message that was not sent. The text of a webhook is its body."""

    __tablename__ = "tray"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    address: str
    subject: str = ""
    text: str = ""
    html: str = ""
    at: datetime = Field(sa_type=Moment)


def keep(session: Session, channel: str, notice: Notice, now: datetime) -> None:
    """Put a message into the tray; the newest 500 stay."""
    row = TrayRow(
        channel=channel,
        address=notice.address,
        subject=notice.subject,
        text=notice.text or _readable(notice.payload),
        html=notice.html,
        at=now,
    )
    session.add(row)
    session.flush()
    session.execute(sa.delete(TrayRow).where(col(TrayRow.id) <= (row.id or 0) - MOST_KEPT))


def kept(session: Session, *, before: int | None = None, most: int = 50) -> list[TrayRow]:
    """What is in the tray, newest first, `most` at a time: those with an id below `before`."""
    wanted = select(TrayRow).order_by(col(TrayRow.id).desc()).limit(most)
    return list(session.exec(wanted if before is None else wanted.where(col(TrayRow.id) < before)))


def _readable(payload: Mapping[str, object] | None) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False, default=str) if payload else ""
