"""Say of one day that the office is closed, closes early, or is open although it is a holiday."""

from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.holidays import OwnDay, check_own_day
from app.domain.text import printable
from app.store.holidays import OwnDayRow


def save_own_day(session: Session, day: OwnDay, *, now: datetime) -> None:
    """Say this of that day; it takes the place of what was said of it before.

    Raises:
        RefusedError: no name, or a half day without its hour.
    """
    day = replace(day, name=" ".join(printable(day.name).split()))
    check_own_day(day)
    row = session.get(OwnDayRow, day.on)
    before = {"name": row.name, "kind": row.kind, "closes_at": row.closes_at} if row else None
    if row is None:
        row = OwnDayRow(on=day.on, name=day.name, kind=day.kind, created_at=now)
        session.add(row)
    row.name, row.kind = day.name, day.kind.value
    row.closes_at = f"{day.closes_at:%H:%M}" if day.closes_at else None
    after = {"name": row.name, "kind": row.kind, "closes_at": row.closes_at}
    note(session, "day.saved", Subject("day", day.on.isoformat()), before=before, after=after, now=now)


def drop_own_day(session: Session, on: date, *, now: datetime) -> None:
    """Take back what was said of a day; a public holiday is one again.

    Raises:
        NotFoundError: nothing was said of it.
    """
    row = session.get(OwnDayRow, on)
    if row is None:
        raise NotFoundError("Nothing of your own stands on that day.")
    session.delete(row)
    note(session, "day.dropped", Subject("day", on.isoformat()), before={"name": row.name, "kind": row.kind}, now=now)
