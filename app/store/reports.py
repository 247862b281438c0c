"""Rows of members' reports, and the queries that count them. Who reported is not kept, only that somebody did."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Index, delete, func
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.reports import BASELINE, WINDOW, Source
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow


class MemberReportRow(SQLModel, table=True):
    """One "I'm having trouble too"."""

    __tablename__ = "member_report"
    __table_args__ = (Index("ix_member_report_component_id_at", "component_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    component_id: str = Field(foreign_key="component.id")
    source: str = Source.MEMBER
    at: datetime = Field(sa_type=Moment, index=True)


def recent_reports(session: Session, now: datetime) -> Mapping[str, Sequence[datetime]]:
    """When reports of the last half hour came in, oldest first, by the component's slug."""
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    wanted = (
        select(ComponentRow.slug, MemberReportRow.at)
        .join(MemberReportRow, col(MemberReportRow.component_id) == col(ComponentRow.id))
        .where(col(MemberReportRow.at) > now - WINDOW)
        .order_by(col(MemberReportRow.at))
    )
    for slug, at in session.exec(wanted):
        found[slug].append(at)
    return dict(found)


def reports_since(session: Session, moment: datetime) -> list[tuple[str, datetime, Source]]:
    """Slug, moment and source of every report since then, oldest first."""
    wanted = (
        select(ComponentRow.slug, MemberReportRow.at, MemberReportRow.source)
        .join(MemberReportRow, col(MemberReportRow.component_id) == col(ComponentRow.id))
        .where(col(MemberReportRow.at) > moment)
        .order_by(col(MemberReportRow.at))
    )
    return [(slug, at, Source(source)) for slug, at, source in session.exec(wanted)]


def count_before(session: Session, component_id: str, now: datetime) -> int:
    """How many reports of a component came in the week before this half hour."""
    wanted = (
        select(func.count())
        .select_from(MemberReportRow)
        .where(
            col(MemberReportRow.component_id) == component_id,
            col(MemberReportRow.at) <= now - WINDOW,
            col(MemberReportRow.at) > now - WINDOW - BASELINE,
        )
    )
    return session.exec(wanted).one()


def help_desk_counts(session: Session, now: datetime) -> Mapping[str, int]:
    """How many of the last half hour's reports the help desk counted, by slug."""
    wanted = (
        select(ComponentRow.slug, func.count())
        .join(MemberReportRow, col(MemberReportRow.component_id) == col(ComponentRow.id))
        .where(col(MemberReportRow.at) > now - WINDOW, MemberReportRow.source == Source.HELP_DESK)
        .group_by(ComponentRow.slug)
    )
    return dict(session.exec(wanted).all())


def forget_reports(session: Session, before: datetime) -> None:
    """Drop reports that no baseline counts any more."""
    session.execute(delete(MemberReportRow).where(col(MemberReportRow.at) <= before))
