"""Planned work that comes again is announced day by day, each day once, at the same time on the clock."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.commands.component_edits import retire_component
from app.commands.maintenance_series import SeriesDraft, end_series, plan_owed_works, start_series
from app.domain.errors import NotFoundError, RefusedError
from app.domain.recurrence import LAST, Frequency, Recurrence, Window
from app.store.maintenance import unfinished_maintenances
from app.store.maintenance_series import running_series
from tests.commands.world import NOW, build

CHICAGO = ZoneInfo("America/Chicago")
SUNDAYS = Recurrence(Frequency.WEEKLY, (6,))


@pytest.fixture
def world(database):
    with database.transaction() as session:
        build(session)
    return database


def started(world, **fields):
    """A series every Sunday from 1 to 3:30 AM."""
    given = {
        "title": "Backups",
        "body": "Lockboxes stay shut.",
        "components": ("lockboxes",),
        "rule": SUNDAYS,
        "window": Window(time(1), time(3, 30)),
        "first_on": date(2026, 4, 5),
    }
    with world.transaction() as session:
        return start_series(session, SeriesDraft(**(given | fields)), now=NOW)


def works(world):
    """The day and the local times of every work that is not over."""
    with world.read() as session:
        return [
            (work.scheduled_for.astimezone(CHICAGO).date(), f"{work.scheduled_until.astimezone(CHICAGO):%H:%M}")
            for work in unfinished_maintenances(session)
        ]


def planned(world, days):
    """How many works the clock announces so many days later."""
    with world.transaction() as session:
        return plan_owed_works(session, now=NOW + timedelta(days=days))


def test_it_announces_at_once_what_comes_within_its_notice_and_the_rest_in_time(world):
    series = started(world)
    assert [day for day, _ in works(world)] == [date(2026, 4, 5), date(2026, 4, 12)]
    assert [planned(world, days) for days in (0, 1, 1, 8, 8)] == [0, 1, 0, 1, 0]
    assert works(world)[-1] == (date(2026, 4, 26), "03:30")
    with world.read() as session:
        assert {work.series_id for work in unfinished_maintenances(session)} == {series.id}


def test_it_catches_up_after_a_month_without_power_and_leaves_out_what_is_over(world):
    started(world)
    planned(world, 35)
    assert [day for day, _ in works(world)][2:] == [date(2026, 5, day) for day in (10, 17)]


def test_it_comes_on_the_last_sunday_of_a_month_and_ends_on_its_last_day(world):
    monthly = Recurrence(Frequency.MONTHLY, (6,), nth=LAST)
    started(world, rule=monthly, last_on=date(2026, 5, 31), announce_days=60)
    assert [day for day, _ in works(world)] == [date(2026, 4, 26), date(2026, 5, 31)]
    assert planned(world, 60) == 0


def test_it_plans_nothing_more_once_it_ended(world):
    series = started(world)
    with world.transaction() as session:
        end_series(session, series.id, now=NOW)
    assert planned(world, 30) == 0
    with world.transaction() as session, pytest.raises(NotFoundError):
        end_series(session, series.id, now=NOW)


def test_it_leaves_out_a_component_that_was_retired_and_ends_without_any(world):
    started(world, components=("lockboxes", "forms"))
    for slug, made in (("lockboxes", 1), ("forms", 0)):
        with world.transaction() as session:
            retire_component(session, slug, now=NOW)
        assert planned(world, 1 if made else 8) == made
    with world.read() as session:
        assert running_series(session) == []


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"title": " "}, "title"),
        ({"body": " "}, "body"),
        ({"components": ("nothing",)}, "components"),
        ({"rule": Recurrence(Frequency.WEEKLY, ())}, "weekdays"),
        ({"window": Window(time(1), time(1))}, "ends"),
        ({"announce_days": 0}, "announce_days"),
        ({"verify_for": timedelta(hours=3)}, "verify_for"),
        ({"last_on": date(2026, 4, 4)}, "first_on"),
        ({"first_on": date(2026, 3, 1), "last_on": date(2026, 3, 30)}, "first_on"),
    ],
)
def test_it_refuses_a_series_that_cannot_be(world, fields, beside):
    with pytest.raises(RefusedError) as refused:
        started(world, **fields)
    assert beside in refused.value.problems
    assert works(world) == []
