"""Rows of what was posted on social networks by hand, each beside the notice whose text it carries (R28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.errors import NotFoundError
from app.domain.social import Network
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id
from app.store.notices import NoticeRow
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


def notice_and_posts(session: Session, notice_id: int) -> tuple[NoticeRow, Sequence[SocialPost]]:
    """A notice, and what was posted of it, oldest first.

    Raises:
        NotFoundError: there is no such notice.
    """
    wanted = (
        select(NoticeRow, SocialPostRow, AccountRow.name)
        .outerjoin(SocialPostRow, col(SocialPostRow.notice_id) == col(NoticeRow.id))
        .outerjoin(AccountRow, col(AccountRow.id) == col(SocialPostRow.account_id))
        .where(NoticeRow.id == notice_id)
        .order_by(col(SocialPostRow.posted_at), col(SocialPostRow.id))
    )
    found: list[tuple[NoticeRow, SocialPostRow | None, str | None]] = list(session.exec(wanted).all())
    if not found:
        raise NotFoundError(f"There is no notice {notice_id}.")
    posts = [SocialPost(Network(row.network), row.link, row.posted_at, name or "") for _, row, name in found if row]
    return found[0][0], posts
