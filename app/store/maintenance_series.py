"""Rows of planned work that comes again, and the queries that name them."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.maintenance_series import MaintenanceSeries
from app.domain.recurrence import Window, recurrence_from
from app.store.columns import Moment, new_id


class MaintenanceSeriesRow(SQLModel, table=True):
    """One series. `rule` is an RFC 5545 rule; `starts` and `ends` are "01:00" on the organisation's clock.

    All days up to `planned_until` have been planned already; the clock moves it forward together
    with the works it makes, so that no day is planned twice. `components` are slugs.
    """

    __tablename__ = "maintenance_series"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    title: str
    body: str
    components: list[str] = Field(sa_type=JSON)
    rule: str
    first_on: date
    last_on: date | None = None
    starts: str
    ends: str
    verify_minutes: int = 0
    auto: bool = True
    notify: bool = True
    announce_days: int
    planned_until: date | None = None
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


def running_series(session: Session) -> list[MaintenanceSeries]:
    """Series that still make new works, by title."""
    rows = select(MaintenanceSeriesRow).where(col(MaintenanceSeriesRow.ended_at).is_(None))
    return [frozen_series(row) for row in session.exec(rows.order_by(col(MaintenanceSeriesRow.title)))]


def series_row(session: Session, series_id: str, *, lock: bool = False) -> MaintenanceSeriesRow | None:
    """The series by id. `lock` keeps others from changing it until the transaction ends."""
    return session.get(MaintenanceSeriesRow, series_id, with_for_update=True if lock else None)


def frozen_series(row: MaintenanceSeriesRow) -> MaintenanceSeries:
    """The series as a value."""
    return MaintenanceSeries(
        id=row.id,
        title=row.title,
        body=row.body,
        components=tuple(row.components),
        rule=recurrence_from(row.rule),
        window=Window(time.fromisoformat(row.starts), time.fromisoformat(row.ends)),
        first_on=row.first_on,
        last_on=row.last_on,
        verify_for=timedelta(minutes=row.verify_minutes),
        auto=row.auto,
        notify=row.notify,
        announce_days=row.announce_days,
        planned_until=row.planned_until,
        ended_at=row.ended_at,
        version=row.version,
    )
