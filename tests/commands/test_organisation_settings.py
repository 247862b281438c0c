"""Settings, days off and pronunciations are saved, refused in words, and noted."""

from dataclasses import replace
from datetime import date, time

import pytest
from sqlmodel import select

from app.commands.holidays import drop_own_day, save_own_day
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.organisation_settings import OrganisationSettings, save_settings
from app.commands.pronunciations import drop_pronunciation, save_pronunciation
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.holidays import DayKind, OwnDay
from app.domain.severity import Severity, Urgency
from app.store.audit import AuditEntryRow
from app.store.holidays import own_days
from app.store.organisation import the_organisation
from app.store.outbox import unpublished
from app.store.pronunciations import pronunciations
from tests.commands.world import NOW, build, words

GIVEN = OrganisationSettings(
    name="Lakeside MLS",
    short_name="LMLS",
    time_zone="America/Denver",
    first_thing=time(7),
    lunchtime=time(12),
    end_of_day=time(17),
    urgency_defaults={Severity.LOW: Urgency.HIGH},
    prove_within_days=30,
    confirm_above=250,
)
CHRISTMAS = OwnDay(date(2026, 12, 24), "Christmas Eve", DayKind.HALF_DAY, time(12))


@pytest.fixture
def world(database):
    with database.transaction() as session:
        build(session)
    return database


def do(world, act, *args, **options):
    """One command in one transaction."""
    with world.transaction() as session:
        return act(session, *args, now=NOW, **options)


def test_it_saves_settings_once_and_tells_the_publisher(world):
    with world.read() as session:
        before = len(unpublished(session))
    do(world, save_settings, GIVEN, expected_version=1)
    do(world, save_settings, GIVEN)
    with world.read() as session:
        saved = the_organisation(session)
        assert len(unpublished(session)) == before + 1
        assert [row.act for row in session.exec(select(AuditEntryRow))][-1] == "organisation.settings_saved"
    assert (saved.name, saved.day.time_zone, saved.day.end_of_day) == ("Lakeside MLS", "America/Denver", time(17))
    assert (saved.urgency_of(Severity.LOW), saved.urgency_of(Severity.CRITICAL)) == (Urgency.HIGH, Urgency.URGENT)


def test_an_incident_begins_with_the_urgency_of_the_organisation(world):
    do(world, save_settings, GIVEN)
    incident = do(world, open_incident, IncidentDraft("Slow", words(), severity=Severity.LOW))
    assert incident.urgency is Urgency.HIGH


@pytest.mark.parametrize(
    ("field", "value", "beside"),
    [
        ("name", " ", "name"),
        ("short_name", "TOO LONG A NAME", "short_name"),
        ("time_zone", "Mars/Olympus", "time_zone"),
        ("time_zone", "", "time_zone"),
        ("also_show_time_zone", "../etc/passwd", "also_show_time_zone"),
        ("end_of_day", time(11), "end_of_day"),
        ("prove_within_days", 3, "prove_within_days"),
        ("confirm_above", -1, "confirm_above"),
        ("help_desk_phone", "1" * 201, "help_desk_phone"),
    ],
)
def test_it_refuses_settings_that_cannot_be(world, field, value, beside):
    with pytest.raises(RefusedError) as refused:
        do(world, save_settings, replace(GIVEN, **{field: value}))
    assert list(refused.value.problems) == [beside]


def test_it_refuses_what_the_editor_has_not_seen(world):
    do(world, save_settings, GIVEN)
    with pytest.raises(StaleVersionError):
        do(world, save_settings, replace(GIVEN, name="Other"), expected_version=1)


def test_it_keeps_one_word_for_a_day_and_takes_it_back(world):
    do(world, save_own_day, CHRISTMAS)
    do(world, save_own_day, replace(CHRISTMAS, name="Christmas  Eve", kind=DayKind.CLOSED, closes_at=None))
    with world.read() as session:
        assert own_days(session, date(2026, 1, 1), date(2026, 12, 31)) == [
            OwnDay(date(2026, 12, 24), "Christmas Eve", DayKind.CLOSED)
        ]
    do(world, drop_own_day, CHRISTMAS.on)
    with pytest.raises(NotFoundError):
        do(world, drop_own_day, CHRISTMAS.on)


@pytest.mark.parametrize(
    "day", [replace(CHRISTMAS, name=" "), replace(CHRISTMAS, closes_at=None), replace(CHRISTMAS, kind=DayKind.OPEN)]
)
def test_it_refuses_a_day_that_says_nothing(world, day):
    with pytest.raises(RefusedError):
        do(world, save_own_day, day)


def test_it_keeps_one_pronunciation_for_a_word_whatever_its_capitals(world):
    do(world, save_pronunciation, "en", "Idx", "eye dee ex")
    do(world, save_pronunciation, "en", "IDX", "I dex")
    with world.read() as session:
        (entry,) = pronunciations(session)
    assert (entry.written, entry.spoken) == ("IDX", "I dex")
    do(world, drop_pronunciation, entry.id)
    with pytest.raises(NotFoundError):
        do(world, drop_pronunciation, entry.id)


@pytest.mark.parametrize(
    ("language", "written", "spoken"), [("fr", "a", "b"), ("en", " ", "b"), ("en", "a", "..."), ("en", "x" * 61, "b")]
)
def test_it_refuses_a_pronunciation_that_cannot_be(world, language, written, spoken):
    with pytest.raises(RefusedError):
        do(world, save_pronunciation, language, written, spoken)
