"""The people, roles and rota of the demo file, as rows of the roster."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.holidays import save_own_day
from app.commands.roster import PersonDraft, ShiftDraft, add_shift, save_person, save_usual_roles
from app.domain.holidays import DayKind, OwnDay
from app.store.vault import Vault

_NO_ROLE = {"from", "to"}


def save_demo_roster(session: Session, vault: Vault, raw: Mapping[str, Any], *, now: datetime) -> None:
    """Everybody on the rota, their shifts and the overrides. `raw` is the whole file, its dates moved."""
    save_usual_roles(session, now=now)
    teams = {team["key"]: team["name"] for team in raw["teams"]}
    ids = {each["id"]: save_person(session, vault, _person(each, teams), now=now) for each in raw["people"]}
    for week in raw["oncall"]["weekly"]:
        for role in sorted(week.keys() - _NO_ROLE):
            add_shift(session, ShiftDraft(role, ids[week[role]], week["from"], week["to"]), now=now)
    for each in raw["oncall"]["overrides"]:
        draft = ShiftDraft(
            each["role"], ids.get(each["person"]), each["from"], each["to"], is_override=True, why=each["why"]
        )
        add_shift(session, draft, now=now)


def save_demo_holidays(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """The days on which the demo's office is closed, or closes early."""
    for day in raw["organisation"]["holidays"]:
        half_day = day.get("half_day_from")
        kind = DayKind.HALF_DAY if half_day else DayKind.CLOSED
        closes_at = datetime.strptime(half_day, "%H:%M").time() if half_day else None  # noqa: DTZ007 - a time of day
        save_own_day(session, OwnDay(day["date"], day["name"], kind, closes_at), now=now)


def _person(raw: Mapping[str, Any], teams: Mapping[str, str]) -> PersonDraft:
    return PersonDraft(
        name=raw["name"],
        team=teams[raw["team"]],
        can=raw["can"],
        phone=raw["phone"],
        email=raw["email"],
        backup_email=raw["backup_email"],
    )
