"""How well each incident was answered, counted from the rows (R73)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.domain.deliveries import Outcome
from app.domain.first_word import FoundBy
from app.domain.response_measures import ResponseMeasures, response_measures
from app.store.deliveries import DELIVERY
from app.store.first_words import first_words
from app.store.incidents import REAL, IncidentRow, whole_incidents
from app.store.notices import NoticeRow

MOST = 60
"""Incidents on one page of charts."""


def measured_incidents(session: Session, since: datetime, now: datetime) -> list[ResponseMeasures]:
    """Every incident that began since then, oldest first, at most the newest sixty; never drills."""
    row = IncidentRow
    wanted = select(row).where(REAL, row.started_at >= since).order_by(col(row.started_at).desc()).limit(MOST)
    rows = session.exec(wanted).all()[::-1]
    ids = [each.id for each in rows]
    words, reached = first_words(session, ids), members_reached(session, ids)
    measured = []
    for kept, incident in zip(rows, whole_incidents(session, rows), strict=True):
        said = words.get(incident.id)
        measured.append(
            response_measures(
                incident,
                detected_at=said.detected_at if said else _noted(kept.details, incident.created_at),
                reached=reached.get(incident.id) or _counted(kept.details),
                now=now,
                found_by_us=said.found_by is FoundBy.US if said else _found(kept.details),
            )
        )
    return measured


def members_reached(session: Session, incident_ids: Collection[str]) -> Mapping[str, int]:
    """How many subscriptions were handed at least one notice of each incident."""
    notice = NoticeRow
    counted = (
        sa.select(col(notice.incident_id), sa.func.count(sa.distinct(DELIVERY.c.subscription_id)).label("number"))
        .join_from(notice, DELIVERY, DELIVERY.c.notice_id == col(notice.id))
        .where(col(notice.incident_id).in_(incident_ids), DELIVERY.c.outcome.in_([Outcome.DELIVERED, Outcome.SENT]))
        .group_by(col(notice.incident_id))
    )
    return {line.incident_id: line.number for line in session.execute(counted)}


def _noted(kept: Mapping[str, Any], otherwise: datetime) -> datetime:
    """When it was detected, as an imported record says; else when we wrote it down."""
    stated = kept.get("acknowledged_at")
    return datetime.fromisoformat(stated) if stated else otherwise


def _counted(kept: Mapping[str, Any]) -> int:
    """How many were told, as an imported record counted them."""
    told = kept.get("notified")
    return int(told.get("sms", 0)) + int(told.get("email", 0)) if isinstance(told, dict) else 0


def _found(kept: Mapping[str, Any]) -> bool | None:
    stated = kept.get("detected_by")
    return stated != "member_reports" if stated else None
