"""Rows of what was posted on social networks by hand, each beside the notice whose text it carries (R28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.social import Network
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id
from app.store.subscribers import BIG


class SocialPostRow(SQLModel, table=True):
    """A person has posted the text of this notice there; `link` leads to the post, "" where nobody noted it."""

    __tablename__ = "social_post"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    notice_id: int = Field(sa_type=BIG, foreign_key="notice.id", index=True)
    network: str
    link: str = ""
    posted_at: datetime = Field(sa_type=Moment)
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)


@dataclass(frozen=True, slots=True)
class SocialPost:
    """One of them. `by` is empty for somebody whose account is gone."""

    network: Network
    link: str
    posted_at: datetime
    by: str


def social_posts(session: Session, notice_id: int) -> Sequence[SocialPost]:
    """What was posted of a notice, oldest first."""
    wanted = (
        select(SocialPostRow, AccountRow.name)
        .outerjoin(AccountRow, col(AccountRow.id) == col(SocialPostRow.account_id))
        .where(SocialPostRow.notice_id == notice_id)
        .order_by(col(SocialPostRow.posted_at), col(SocialPostRow.id))
    )
    return [SocialPost(Network(row.network), row.link, row.posted_at, name or "") for row, name in session.exec(wanted)]
