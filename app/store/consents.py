"""The consent log: who asked, agreed, changed or left, when and how. Rows are added, never changed."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.consent import ConsentAct, Means
from app.store.columns import Moment
from app.store.subscribers import BIG


class ConsentRow(SQLModel, table=True):
    """One entry. `words` is what the person was shown or said; `proof` is what an import or a person vouches with.

    `network` is where a form came from, `account_id` who of the staff did it.
    """

    __tablename__ = "consent"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    subscription_id: int = Field(sa_column=sa.Column(BIG, sa.ForeignKey("subscription.id"), nullable=False, index=True))
    at: datetime = Field(sa_type=Moment)
    act: str
    means: str
    programmes: str = ""
    words: str = ""
    proof: str = ""
    network: str = ""
    account_id: str | None = Field(default=None, foreign_key="account.id")


def consents_of(session: Session, subscription_id: int) -> list[ConsentRow]:
    """The log of one subscription, oldest first."""
    wanted = select(ConsentRow).where(ConsentRow.subscription_id == subscription_id)
    return list(session.exec(wanted.order_by(col(ConsentRow.id))))


def last_ending(session: Session, subscription_id: int) -> Means | None:
    """By which means this subscription last ended; None when it never did, or began again since."""
    turning = (ConsentAct.CONFIRMED, ConsentAct.OPTED_IN, ConsentAct.IMPORTED, ConsentAct.OPTED_OUT)
    last = _last(session, subscription_id, *turning)
    return Means(last.means) if last and last.act == ConsentAct.OPTED_OUT else None


def last_beginning(session: Session, subscription_id: int) -> Means | None:
    """By which means this subscription last began; None when it never did."""
    last = _last(session, subscription_id, ConsentAct.CONFIRMED, ConsentAct.OPTED_IN, ConsentAct.IMPORTED)
    return Means(last.means) if last else None


def _last(session: Session, subscription_id: int, *acts: ConsentAct) -> ConsentRow | None:
    wanted = select(ConsentRow).where(ConsentRow.subscription_id == subscription_id, col(ConsentRow.act).in_(acts))
    return session.exec(wanted.order_by(col(ConsentRow.id).desc())).first()


def forget_logs(session: Session, subscription_ids: Collection[int]) -> None:
    """Drop the logs of sign-ups that came to nothing: nobody consented."""
    session.execute(delete(ConsentRow).where(col(ConsentRow.subscription_id).in_(subscription_ids)))


def forget_traces(session: Session, subscription_id: int) -> None:
    """Take out of a log whatever could still name the person; that they agreed and left stays."""
    log = update(ConsentRow).where(col(ConsentRow.subscription_id) == subscription_id)
    session.execute(log.values(words="", proof="", network=""))


def forget_networks(session: Session, before: datetime) -> int:
    """Take the network out of entries from before then; how many. What was agreed to, and by which means, stays."""
    old = update(ConsentRow).where(col(ConsentRow.at) <= before, col(ConsentRow.network) != "")
    return session.execute(old.values(network="")).rowcount  # type: ignore[attr-defined, no-any-return]
