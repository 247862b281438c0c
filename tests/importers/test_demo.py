"""The demo organisation: whole, on today's dates, loaded once, with an outage on request."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.incidents import post_update
from app.commands.organisation import OrganisationDraft, save_organisation
from app.domain.components import AuthMode, Component, ComponentStatus
from app.domain.errors import RefusedError
from app.domain.history import component_days
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft, downtime, periods
from app.domain.known_issues import looks_like
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.reach import Reach, reach_of
from app.domain.severity import Kind, Severity, Urgency
from app.importers.demo import DemoSummary, load_demo
from app.importers.demo_file import moved, read_demo, read_translations
from app.importers.demo_history import imported_records
from app.store.components import component_groups, live_components
from app.store.failovers import switch_rows
from app.store.incidents import incident_versions, incidents_by_id, open_incidents
from app.store.known_issues import known_issues
from app.store.maintenance import maintenance_versions, maintenances_by_id
from app.store.organisation import organisation_row, the_organisation
from app.store.session import Database
from tests.commands.sign_ups import VAULT
from tests.importers.world import events, rows

DEMO = read_demo()
CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
"""Noon on the file's own day, a Saturday: nothing is moved."""


def incidents(database: Database) -> dict[str, Incident]:
    with database.read() as session:
        found = incidents_by_id(session, list(incident_versions(session))).values()
    return {incident.reference: incident for incident in found}


def works(database: Database) -> dict[str, Maintenance]:
    with database.read() as session:
        found = maintenances_by_id(session, list(maintenance_versions(session))).values()
    return {work.reference: work for work in found}


def components(database: Database) -> dict[str, Component]:
    with database.read() as session:
        return {component.slug: component for component in live_components(session)}


def test_it_is_loaded_whole(database: Database) -> None:
    summary = load_demo(database, VAULT, now=NOW)
    assert summary == DemoSummary(components=14, incidents=8, weeks_moved=0, is_new=True)
    assert len(components(database)) == 14
    assert len(incidents(database)) == 7
    assert len(works(database)) == 1
    said = [*incidents(database).values(), *works(database).values()]
    assert sum(len(record.updates) for record in said) == 85
    with database.read() as session:
        assert [group.slug for group in component_groups(session)] == [raw["key"] for raw in DEMO["component_groups"]]


def test_loading_it_again_changes_no_row_whenever_that_is(database: Database) -> None:
    load_demo(database, VAULT, now=NOW)
    before, told = rows(database), events(database)
    for days in (0, 1, 30, 400):
        assert load_demo(database, VAULT, now=NOW + timedelta(days=days)) == DemoSummary(14, 8, 0, is_new=False)
    assert (rows(database), events(database)) == (before, told)


def test_loading_it_tells_nobody(database: Database) -> None:
    load_demo(database, VAULT, now=NOW)
    assert [name for name, _ in events(database)] == [
        "organisation_changed",
        "components_changed",
        "components_changed",
        "history_imported",
    ]
    assert not any(update.deliver_notifications for item in incidents(database).values() for update in item.updates)


def test_a_database_of_another_organisation_is_left_alone(database: Database) -> None:
    with database.transaction() as session:
        save_organisation(session, OrganisationDraft("Prairie MLS", "PMLS"), now=NOW)
    before = rows(database)
    with pytest.raises(RefusedError, match="belongs to Prairie MLS"):
        load_demo(database, VAULT, now=NOW, outage=True)
    assert rows(database) == before


@pytest.mark.parametrize("expected", DEMO["expected_cascades"], ids=lambda case: "+".join(case["when_down"]))
def test_the_loaded_graph_gives_the_expected_cascades(sqlite_database: Database, expected: Mapping[str, Any]) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    ways = reach_of(components(sqlite_database).values(), expected["when_down"])
    found = {reach: {slug for slug, way in ways.items() if way.reach is reach} for reach in Reach}
    assert found == {
        Reach.STOPPED: set(expected["stopped"]),
        Reach.LOCKED_OUT: set(expected["running_but_locked_out"]),
        Reach.ANOTHER_DOOR: set(expected["use_another_door"]),
        Reach.WORKING: set(expected["unaffected"]),
    }


def test_components_keep_their_doors_words_and_place(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    found = components(sqlite_database)
    assert list(found) == [raw["key"] for raw in DEMO["components"]]
    forms, alerts = found["forms"], found["client-alerts"]
    assert forms.direct_link.url == "https://signin.quillforms.example"
    assert (forms.direct_link.auth_mode, forms.direct_link.verified_on) == (AuthMode.OWN_PASSWORD, date(2026, 10, 6))
    assert "BEFORE you need it" in forms.direct_link.first_time
    assert (forms.group, forms.reached_via, forms.requires) == ("transactions", ("sso-dashboard",), ())
    assert alerts.unattended
    assert found["mls-search"].cannot_do
    assert found["mls-search"].still_can


def test_every_group_and_component_has_its_spanish_words(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    for slug, component in components(sqlite_database).items():
        spanish = component.in_language("es")
        assert spanish.name != component.name, slug
        assert spanish.workaround != component.workaround, slug
        assert len(spanish.is_it_down) == len(component.is_it_down), slug
        for text in ("cannot_do", "still_can"):
            assert bool(getattr(spanish, text)) == bool(getattr(component, text)), slug
        link = component.direct_link
        for text in ("first_time", "note", "app"):
            translated = getattr(spanish.direct_link, text)
            assert bool(translated) == bool(getattr(link, text)), slug
            assert not translated or translated != getattr(link, text), slug
    with sqlite_database.read() as session:
        for group in component_groups(session):
            assert group.in_language("es").name != group.name


def test_translations_name_nothing_that_is_not_there() -> None:
    (spanish,) = read_translations()
    fields = {"name", "note", "app", "first_time", "is_it_down", "cannot_do", "still_can", "workaround"}
    assert spanish["component_groups"].keys() == {raw["key"] for raw in DEMO["component_groups"]}
    assert spanish["components"].keys() == {raw["key"] for raw in DEMO["components"]}
    assert all(words.keys() <= fields for words in spanish["components"].values())


def test_the_organisation_keeps_what_later_screens_need(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    with sqlite_database.read() as session:
        organisation, row = the_organisation(session), organisation_row(session)
    assert row is not None
    assert (organisation.name, organisation.zone) == ("Harbor & Pines MLS", CHICAGO)
    assert organisation.also_show_time_zone == "America/New_York"
    assert organisation.announcement_phone == "+1 202-555-0143"
    assert len(row.details["templates"]) == 12
    assert row.details["components"]["forms"]["vendor"] == "v-quill"


def test_every_name_of_the_plan_becomes_a_switch(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    with sqlite_database.read() as session:
        switches = {row.name: (row.zone, row.normal, row.failover, row.planned_ttl) for row in switch_rows(session)}
    assert switches == {
        "hpmls.example": ("hpmls.example", ["192.0.2.10"], ["198.51.100.20"], 300),
        "www.hpmls.example": ("hpmls.example", ["web.hosting.example"], ["edge.hpmls-status.example"], 300),
        "dashboard.hpmls.example": ("hpmls.example", ["hp.gatehouse.example"], ["edge.hpmls-status.example"], 300),
    }


def test_r48_e_sign_and_blank_find_the_known_issue_of_the_file(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    with sqlite_database.read() as session:
        found = looks_like(known_issues(session), "E-sign is blank for some", [])
    assert [(issue.key, issue.workaround) for issue in found] == [("KI-11", "private window")]


def test_the_upgrade_over_the_clock_change_lasted_its_true_minutes(database: Database) -> None:
    load_demo(database, VAULT, now=NOW)
    work = works(database)["HP-2025-1102"]
    assert work.completed_at is not None
    assert work.started_at is not None
    assert work.completed_at - work.started_at == timedelta(minutes=280)
    assert work.scheduled_until - work.scheduled_for == timedelta(minutes=210)
    assert [update.status for update in work.updates] == [
        MaintenanceStatus.SCHEDULED,
        MaintenanceStatus.SCHEDULED,
        MaintenanceStatus.IN_PROGRESS,
        MaintenanceStatus.IN_PROGRESS,
        MaintenanceStatus.COMPLETED,
    ]


def test_a_day_of_twenty_five_hours_shows_planned_and_overrun_time(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    now = datetime(2025, 11, 10, tzinfo=UTC)
    days = component_days(
        components(sqlite_database).values(), [], works(sqlite_database).values(), now=now, zone=CHICAGO
    )
    day = {day.on: day for day in days["mls-search"]}[date(2025, 11, 2)]
    assert (day.planned, day.unreachable) == (timedelta(minutes=210), timedelta(minutes=70))


def test_the_twice_reopened_incident_counts_only_the_time_it_was_open(database: Database) -> None:
    load_demo(database, VAULT, now=NOW)
    showings = incidents(database)["HP-2026-0210"]
    assert showings.was_reopened
    assert len(periods(showings)) == 3
    assert downtime(showings, NOW) == timedelta(hours=4, minutes=38) + timedelta(hours=11, minutes=10) + timedelta(
        hours=9, minutes=5
    )
    reopened = [update for update in showings.updates if update.said_at in (began for began, _ in periods(showings))]
    assert [update.status for update in reopened] == [IncidentStatus.INVESTIGATING] * 2


def test_past_incidents_keep_what_was_known_of_them(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    found = incidents(sqlite_database)
    breach, mail, feeds = found["HP-2025-0820"], found["HP-2026-0106"], found["HP-2026-0512"]
    assert (breach.kind, breach.severity, breach.urgency) == (Kind.SECURITY, Severity.CRITICAL, Urgency.HIGH)
    assert breach.relief is not None
    assert breach.relief.authority == "board chair, by email vote"
    assert breach.updates[0].next_update_at == datetime(2025, 8, 20, 12, 50, tzinfo=UTC)
    assert mail.kind is Kind.VENDOR_CLOSING
    assert [change for update in mail.updates for change in update.changes] == []
    assert feeds.updates[-1].body == "Feeds are under five minutes again."
    assert feeds.updates[-1].footnote == "Tax map tiles were also slow this morning; that is a separate, minor matter."
    assert all(not incident.is_open and incident.resolved_at for incident in found.values())
    assert all(
        item.status is ComponentStatus.OPERATIONAL for incident in found.values() for item in incident.components
    )


def test_the_easter_night_is_remembered_as_members_lived_it(sqlite_database: Database) -> None:
    load_demo(sqlite_database, VAULT, now=NOW)
    days = component_days(
        components(sqlite_database).values(),
        incidents(sqlite_database).values(),
        [],
        now=datetime(2026, 4, 6, tzinfo=UTC),
        zone=CHICAGO,
        days=2,
    )
    saturday, sunday = (timedelta(hours=2, minutes=18), timedelta(hours=6, minutes=5))
    for slug in ("sso-dashboard", "mls-search", "photos"):
        assert [day.unreachable for day in days[slug]] == [saturday, sunday]
    for slug in ("forms", "showings", "lockboxes"):
        assert [day.unreachable for day in days[slug]] == [timedelta(), timedelta()]


def test_an_outage_is_opened_by_the_real_command(database: Database) -> None:
    summary = load_demo(database, VAULT, now=NOW, outage=True)
    with database.read() as session:
        (outage,) = open_incidents(session)
    assert outage.id == summary.outage
    assert (outage.title, outage.reference) == ("Member dashboard sign-in down", "HP-2026-1121")
    assert outage.started_at == NOW - timedelta(minutes=8)
    assert outage.promised_at == NOW + timedelta(minutes=40)
    assert all(outage.updates[0].headings.as_tuple())
    assert "11:52 AM" in outage.updates[0].headings.what_happened
    assert {item.slug: item.status for item in outage.components} == dict.fromkeys(
        ("sso-dashboard", "mfa-codes"), ComponentStatus.MAJOR_OUTAGE
    )
    assert (outage.severity, outage.urgency) == (Severity.CRITICAL, Urgency.URGENT)
    assert events(database)[-1] == (
        "update_posted",
        {"incident_id": outage.id, "update_id": outage.updates[0].id, "notify": True},
    )


def test_an_open_outage_is_not_opened_twice_and_a_resolved_one_may_be(database: Database) -> None:
    first = load_demo(database, VAULT, now=NOW, outage=True)
    again = load_demo(database, VAULT, now=NOW + timedelta(hours=2), outage=True)
    assert again.outage == first.outage
    with database.transaction() as session:
        resolved = UpdateDraft(IncidentStatus.RESOLVED, "It works again.", override="A test")
        post_update(session, str(first.outage), resolved, now=NOW + timedelta(hours=3))
    third = load_demo(database, VAULT, now=NOW + timedelta(hours=4), outage=True)
    assert third.outage != first.outage
    assert len(incidents(database)) == 7 + 2


def test_it_falls_on_today_with_every_weekday_and_hour_kept(sqlite_database: Database) -> None:
    later = datetime(2027, 6, 16, 9, tzinfo=UTC)
    summary = load_demo(sqlite_database, VAULT, now=later)
    assert summary.weeks_moved == 30
    easter = incidents(sqlite_database)["HP-2026-0404"]
    original = datetime(2026, 4, 4, 21, 42)  # noqa: DTZ001 - a wall clock
    local = easter.started_at.astimezone(CHICAGO)
    assert local.replace(tzinfo=None) == original + timedelta(weeks=30)
    assert local.weekday() == original.weekday()
    with sqlite_database.read() as session:
        row = organisation_row(session)
    assert row is not None
    assert row.details["demo"] == {"weeks_moved": 30, "epoch": "2027-06-19"}


@given(st.integers(-200, 1_000))
def test_its_story_stays_in_order_wherever_it_is_moved(weeks: int) -> None:
    """The clocks change somewhere else in it each time; nothing may end before it starts."""
    demo = moved(DEMO, weeks, CHICAGO)
    names = {raw["key"]: raw["name"] for raw in demo["components"]}
    for record in imported_records(demo["incidents"], names):
        said = [update.said_at for update in record.updates]
        assert said == sorted(said)
        assert said[-1] >= record.began_at
        assert abs((demo["demo_epoch"] - DEMO["demo_epoch"]).days) == abs(weeks) * 7


def test_nothing_is_moved_by_no_weeks() -> None:
    assert moved(DEMO, 0, CHICAGO) == DEMO
