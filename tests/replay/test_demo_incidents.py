"""The eight incidents of the demo file once more, through the real commands and a clock of our own.

What is found must be exactly what the file says went wrong, and nothing else: one end-of-day update that came
late, one report that came late, two reopenings in one incident, and one night on which the clocks went back.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from app.commands.cadence import skip_update, tend_cadence
from app.commands.incident_weight import weigh_incident
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.maintenance import (
    MaintenanceDraft,
    advance_maintenances,
    post_maintenance_update,
    schedule_maintenance,
)
from app.commands.recovery import tick
from app.commands.special_days import special_days_between
from app.domain.audit import CLOCK
from app.domain.business_days import add_business_days
from app.domain.cadence import Slot
from app.domain.components import ComponentStatus
from app.domain.holidays import days_off
from app.domain.incidents import Headings, Incident, IncidentStatus, UpdateDraft, periods
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.recovery import unverified
from app.domain.severity import Kind, Severity, Urgency
from app.importers import demo
from app.importers.demo_file import read_demo
from app.store.cadence import misses_of, skips_of
from app.store.organisation import the_organisation
from app.store.session import Database
from app.store.work import work_of
from tests.commands.sign_ups import VAULT

FILE = read_demo()
STORY = {raw["id"]: raw for raw in FILE["incidents"]}
INCIDENTS = [raw for raw in STORY.values() if raw["kind"] != Kind.MAINTENANCE]
CHICAGO = ZoneInfo("America/Chicago")
LOADED_AT = datetime(2026, 11, 21, 18, tzinfo=UTC)

TICK = timedelta(days=1)
"""How often the clock looks; what it finds does not depend on it."""

AT_RISK = "operational"

pytestmark = pytest.mark.slow


@pytest.fixture
def mls(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The demo organisation on its own dates, before anything ever went wrong."""
    monkeypatch.setattr(demo, "read_demo", lambda: FILE | {"incidents": []})
    demo.load_demo(database, VAULT, now=LOADED_AT)
    return database


class Replay:
    """One incident of the file, told again: each word at its time, the clock ticking between them."""

    def __init__(self, database: Database, raw: Mapping[str, Any]) -> None:
        self.database = database
        self.raw = raw
        self.now: datetime = raw["updates"][0]["at"].astimezone(UTC)
        self.incident = self._open()

    def run(self) -> Incident:
        """From the first word past the last, and a day on, so that the clock has seen it all."""
        for said in self.raw["updates"][1:]:
            self._skip(said.get("skip", 0))
            self._until(said["at"])
            self._post(said)
            self._weigh()
        self._until(self.now + timedelta(days=1))
        return self.incident

    def missed(self) -> list[tuple[Slot, datetime]]:
        """What the clock recorded as missed."""
        with self.database.read() as session:
            return [(Slot(row.slot), row.due_at) for row in misses_of(session, self.incident.id)]

    def skipped(self) -> int:
        """How many words were skipped on purpose."""
        with self.database.read() as session:
            return len(skips_of(session, [self.incident.id]).get(self.incident.id, []))

    def _open(self) -> Incident:
        raw = self.raw
        draft = IncidentDraft(
            raw["title"],
            self._words(raw["updates"][0]),
            kind=Kind(raw["kind"]),
            severity=Severity(raw["severity"]),
            urgency=Urgency(raw["urgency_log"][0]["urgency"]),
            started_at=raw["started_at"].astimezone(UTC),
            reference=raw["id"],
            detected_by=raw["detected_by"],
            deadline_at=raw.get("hard_deadline"),
        )
        with self.database.transaction() as session:
            return open_incident(session, draft, now=self.now)

    def _words(self, said: Mapping[str, Any]) -> UpdateDraft:
        status = IncidentStatus.INVESTIGATING if said["status"] == "reopened" else IncidentStatus(said["status"])
        states = {each["key"]: each["state"] for each in self.raw["components"]}
        held = {key: ComponentStatus(state) for key, state in states.items() if not state.startswith(AT_RISK)}
        return UpdateDraft(
            status,
            headings=Headings(said["text"], "The supplier works on it.", "What is named above.", "See the list."),
            components=held if status.is_open else None,
            next_update_at=said["next"].astimezone(UTC) if status.is_open else None,
        )

    def _post(self, said: Mapping[str, Any]) -> None:
        self.now = said["at"].astimezone(UTC)
        with self.database.transaction() as session:
            words = self._words(said)
            if words.status is IncidentStatus.RESOLVED:
                self._see_that_it_is_back(session)
            self.incident = post_update(session, self.incident.id, words, now=self.now)

    def _see_that_it_is_back(self, session: Session) -> None:
        """Nothing is called resolved before its listed checks have passed (R54)."""
        for item in unverified(work_of(session, self.incident.id, self.now).checks):
            tick(session, self.incident.id, item.ref, now=self.now)

    def _skip(self, times: int) -> None:
        for _ in range(times):
            with self.database.transaction() as session:
                skip_update(session, self.incident.id, "Nothing new since the last word.", now=self.now)

    def _weigh(self) -> None:
        """Another urgency from the moment at which the file says so, which is that of a word."""
        for change in self.raw["urgency_log"][1:]:
            if change["at"] == self.now:
                with self.database.transaction() as session:
                    severity, urgency = Severity(self.raw["severity"]), Urgency(change["urgency"])
                    weigh_incident(session, self.incident.id, severity, urgency, change["why"], now=self.now)

    def _until(self, then: datetime) -> None:
        """Let the clock tick up to a moment, and once more just before it."""
        for moment in [*_ticks(self.now, then), then - timedelta(seconds=1)]:
            with self.database.transaction(CLOCK) as session:
                tend_cadence(session, now=moment.astimezone(UTC))
        self.now = then.astimezone(UTC)


def _ticks(start: datetime, end: datetime) -> Iterator[datetime]:
    moment = start + TICK
    while moment < end:
        yield moment
        moment += TICK


def test_they_run_as_they_did_and_what_went_wrong_is_found_and_nothing_else(mls: Database) -> None:
    """One end of day missed, one report late, two reopenings; every promise kept, every skip with its reason."""
    missed, late_reports, reopened = [], [], []
    for raw in sorted(INCIDENTS, key=lambda raw: raw["started_at"]):
        replay = Replay(mls, raw)
        incident = replay.run()
        missed += [(raw["id"], slot, due_at.astimezone(CHICAGO).isoformat()) for slot, due_at in replay.missed()]
        assert replay.skipped() == sum(said.get("skip", 0) for said in raw["updates"])
        reopened += [(raw["id"], began) for began, _ in periods(incident)[1:]]
        assert incident.resolved_at == raw["resolved_at"].astimezone(UTC)
        if due_on := raw.get("postmortem_due"):
            assert report_due(mls, incident) == due_on
            if raw["postmortem_published_at"].astimezone(CHICAGO).date() > due_on:
                late_reports.append(raw["id"])
    assert missed == [("HP-2026-0512", Slot.PROMISE, "2026-05-13T16:30:00-05:00")]
    assert late_reports == ["HP-2026-0512"]
    assert reopened == [("HP-2026-0210", moment) for moment in STORY["HP-2026-0210"]["reopened"]]


def test_the_file_itself_calls_that_one_word_late_and_no_other() -> None:
    said = [(raw["id"], word.get("cadence_breach")) for raw in INCIDENTS for word in raw["updates"]]
    assert [line for line in said if line[1]] == [("HP-2026-0512", "missed_end_of_day")]


def report_due(database: Database, incident: Incident) -> date:
    """Three business days after the end, by the days on which this organisation is closed (R63)."""
    assert incident.resolved_at is not None
    resolved_on = incident.resolved_at.astimezone(CHICAGO).date()
    with database.read() as session:
        special = special_days_between(
            session, the_organisation(session), resolved_on, resolved_on + timedelta(days=30)
        )
    return add_business_days(resolved_on, 3, days_off(special))


def test_the_work_of_the_night_on_which_the_clocks_went_back_took_280_minutes(mls: Database) -> None:
    raw = STORY["HP-2025-1102"]
    work = replayed_work(mls, raw)
    assert work.status is MaintenanceStatus.COMPLETED
    assert work.started_at is not None
    assert work.completed_at is not None
    assert work.completed_at - work.started_at == timedelta(minutes=raw["true_duration_minutes"])
    on_the_wall = raw["resolved_at"].replace(tzinfo=None) - raw["started_at"].replace(tzinfo=None)
    assert on_the_wall == timedelta(minutes=220)


def replayed_work(database: Database, raw: Mapping[str, Any]) -> Maintenance:
    """The planned work of the file, announced, begun by the clock, extended and finished by a person."""
    first, *later = raw["updates"]
    draft = MaintenanceDraft(
        raw["title"],
        first["text"],
        [each["key"] for each in raw["components"]],
        raw["started_at"].astimezone(UTC),
        raw["planned_end"].astimezone(UTC),
        auto_complete=False,
        reference=raw["id"],
    )
    with database.transaction() as session:
        work = schedule_maintenance(session, draft, now=first["at"].astimezone(UTC))
    for said in later:
        now = said["at"].astimezone(UTC)
        with database.transaction(CLOCK) as session:
            advance_maintenances(session, now=now)
        until = said.get("next", raw["planned_end"]).astimezone(UTC) if said["status"] == "in_progress" else None
        with database.transaction() as session:
            work = post_maintenance_update(
                session, work.id, MaintenanceStatus(said["status"]), said["text"], now=now, scheduled_until=until
            )
    return work
