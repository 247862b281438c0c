"""What the demo organisation learned: its jurisdiction packs, and what it set itself to do after each incident."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.packs import save_pack
from app.commands.report import due_day
from app.domain.actions import ActionKind
from app.domain.packs import Pack
from app.domain.report import Heading
from app.store.actions import ActionItemRow
from app.store.incidents import incident_row
from app.store.organisation import the_organisation
from app.store.report import IncidentReportRow

_IN_FORCE = "us-generic"
"""Harbor & Pines lies in the United States; the other pack shows how a second one looks."""


def save_demo_packs(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """Both packs, one of them in force. `raw` is the whole file, its dates moved."""
    for each in raw["compliance_packs"]:
        pack = Pack(each["key"], each["name"], tuple(each["items"]), is_in_force=each["key"] == _IN_FORCE)
        save_pack(session, pack, now=now)


def save_demo_actions(session: Session, raw: Mapping[str, Any]) -> None:
    """The actions of past incidents, as their report listed them; the history must be there already."""
    teams = {team["key"]: team["name"] for team in raw["teams"]}
    for each in raw["incidents"]:
        for action in each.get("actions", ()):
            row = incident_row(session, each["id"])
            done_on = action["done"]
            session.add(
                ActionItemRow(
                    incident_id=row.id if row else None,
                    kind=_kind(action["text"]),
                    words=action["text"],
                    owner=teams[action["owner_team"]],
                    due_on=action["due"],
                    opened_at=each["postmortem_published_at"],
                    done_at=_noon(done_on, each["postmortem_published_at"]) if done_on else None,
                    proof=_PROOF if done_on and _kind(action["text"]) is ActionKind.TEST_ADDED else "",
                )
            )
    session.flush()


_PROOF = "The login-journey check of the member dashboard"


def _kind(text: str) -> ActionKind:
    """A check that was added is a test; everything else in the file keeps the same from happening again."""
    return ActionKind.TEST_ADDED if "check" in text.casefold() else ActionKind.PREVENTION


def _noon(day: Any, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=like.tzinfo)


def save_demo_reports(session: Session, raw: Mapping[str, Any]) -> None:
    """The reports on past incidents, each finished when the file says; one of them came a day late."""
    organisation = the_organisation(session)
    for each in raw["incidents"]:
        row = incident_row(session, each["id"])
        if row is None or row.resolved_at is None or "postmortem_published_at" not in each:
            continue
        finished_at = each["postmortem_published_at"]
        findings = " ".join(found["finding"] for found in each.get("investigations", ()))
        session.add(
            IncidentReportRow(
                incident_id=row.id,
                resolved_at=row.resolved_at,
                due_on=due_day(session, organisation, row.resolved_at),
                words={Heading.CAUSE.value: findings} if findings else {},
                finished_at=finished_at,
                saved_at=finished_at,
            )
        )
    session.flush()
