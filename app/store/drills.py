"""Rows of drills, planned and played, and the queries that name them (R70)."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.drills import Drill, Score
from app.store.columns import Moment, new_id


class DrillRow(SQLModel, table=True):
    """One drill. `slug` is the component that fails in it."""

    __tablename__ = "drill"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    scenario: str
    slug: str
    planned_on: date = Field(index=True)
    incident_id: str | None = Field(default=None, foreign_key="incident.id", max_length=12)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    sections: list[int] = Field(default_factory=list, sa_type=JSON)
    slugs: list[str] = Field(default_factory=list, sa_type=JSON)
    score: dict[str, Any] | None = Field(default=None, sa_type=JSON)


def drill_row(session: Session, drill_id: str) -> DrillRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(DrillRow).where(DrillRow.id == drill_id).with_for_update()).first()


def all_drills(session: Session) -> list[Drill]:
    """Every drill, the newest day first."""
    rows = session.exec(select(DrillRow).order_by(col(DrillRow.planned_on).desc(), col(DrillRow.id)))
    return [frozen_drill(row) for row in rows]


def running_drill(session: Session) -> DrillRow | None:
    """The drill that is being played, kept from others until the transaction ends."""
    running = col(DrillRow.started_at).is_not(None) & col(DrillRow.ended_at).is_(None)
    return session.exec(select(DrillRow).where(running).with_for_update()).first()


def frozen_drill(row: DrillRow) -> Drill:
    """The drill as the domain knows it."""
    return Drill(
        id=row.id,
        scenario=row.scenario,
        slug=row.slug,
        planned_on=row.planned_on,
        incident_id=row.incident_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        sections=tuple(row.sections),
        slugs=tuple(row.slugs),
        score=_score(row.score) if row.score else None,
    )


def stored_score(score: Score) -> dict[str, Any]:
    """The score as JSON; the time to the first word in seconds."""
    return asdict(score) | {"first_word": score.first_word.total_seconds() if score.first_word is not None else None}


def _score(stored: dict[str, Any]) -> Score:
    seconds = stored["first_word"]
    return Score(**(stored | {"first_word": timedelta(seconds=seconds) if seconds is not None else None}))
