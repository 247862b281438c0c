"""Rows of known issues (R48)."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.known_issues import KnownIssue
from app.store.columns import Moment


class KnownIssueRow(SQLModel, table=True):
    """A trouble that we know; `retired_at` once it is gone. `components` are slugs."""

    __tablename__ = "known_issue"

    key: str = Field(primary_key=True, max_length=12)
    title: str
    workaround: str
    components: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    retired_at: datetime | None = Field(default=None, sa_type=Moment)


def known_issues(session: Session) -> list[KnownIssue]:
    """Those that are still with us, by number."""
    rows = session.exec(select(KnownIssueRow).where(col(KnownIssueRow.retired_at).is_(None)))
    return sorted(map(frozen_issue, rows), key=lambda issue: (issue.key.partition("-")[0], len(issue.key), issue.key))


def frozen_issue(row: KnownIssueRow) -> KnownIssue:
    """The issue as a value."""
    return KnownIssue(row.key, row.title, row.workaround, tuple(row.components))
