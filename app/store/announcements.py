"""What the telephone line said, by version, and which version staff have recorded by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.accounts import AccountRow
from app.store.columns import Moment

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class AnnouncementRow(SQLModel, table=True):
    """One version: the same facts, told anew whenever the page was. `scripts` are sentences by language.

    `made_at` is when these facts were first said, `as_of` when they were told last.
    """

    __tablename__ = "announcement"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str
    scripts: dict[str, Any] = Field(sa_type=JSON)
    as_of: datetime = Field(sa_type=Moment)
    made_at: datetime = Field(sa_type=Moment)


class RecordingRow(SQLModel, table=True):
    """A person has read this version into the telephone system."""

    __tablename__ = "recording"

    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True))
    version: int = Field(foreign_key="announcement.version")
    language: str = Field(index=True)
    recorded_at: datetime = Field(sa_type=Moment)
    account_id: str = Field(foreign_key="account.id")


@dataclass(frozen=True, slots=True)
class Recording:
    """The newest recording in one language, and who made it."""

    version: int
    language: str
    recorded_at: datetime
    recorded_by: str


def newest_announcement(session: Session) -> AnnouncementRow | None:
    """The version that holds now; None before the first publication."""
    return session.exec(select(AnnouncementRow).order_by(col(AnnouncementRow.version).desc()).limit(1)).first()


def announcement_row(session: Session, version: int) -> AnnouncementRow | None:
    """That version."""
    return session.get(AnnouncementRow, version)


def keep_announcement(session: Session, digest: str, scripts: Mapping[str, Sequence[str]], as_of: datetime) -> int:
    """Keep what is said now: under a new version when its facts (`digest`) are new; the version."""
    newest = newest_announcement(session)
    told = {code: list(lines) for code, lines in scripts.items()}
    if newest is not None and newest.digest == digest:
        newest.scripts, newest.as_of = told, as_of
        return newest.version
    version = newest.version + 1 if newest else 1
    session.add(AnnouncementRow(version=version, digest=digest, scripts=told, as_of=as_of, made_at=as_of))
    return version


def newest_recordings(session: Session) -> dict[str, Recording]:
    """The newest recording of each language that was ever recorded."""
    newest = select(sa.func.max(RecordingRow.id)).group_by(col(RecordingRow.language))
    wanted = (
        select(RecordingRow, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == col(RecordingRow.account_id))
        .where(col(RecordingRow.id).in_(newest))
    )
    return {
        row.language: Recording(row.version, row.language, row.recorded_at, name) for row, name in session.exec(wanted)
    }
