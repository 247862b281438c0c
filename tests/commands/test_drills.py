"""A drill from its day in the calendar to the dates that it leaves (R70, R72)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.drills import cancel_drill, end_drill, plan_drill, start_drill
from app.commands.incidents import post_update
from app.commands.plan import save_section
from app.domain.accounts import Role
from app.domain.drills import Drill, Score
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.plan import PlanSection
from app.store.components import live_components
from app.store.drills import all_drills
from app.store.incidents import the_incident
from app.store.plan import plan_sections
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from tests.commands.world import build, words

NOW = datetime(2026, 4, 5, 18, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
        save_section(session, PlanSection(4, "First message in ten minutes", "Communications"), now=NOW)
    return database


def planned(world: Database) -> Drill:
    with world.transaction() as session:
        return plan_drill(session, "The dashboard is down", "dashboard", TODAY, now=NOW)


def test_r70_what_a_drill_tried_is_dated_that_day(world: Database) -> None:
    drill = planned(world)
    with world.transaction() as session:
        drill = start_drill(session, drill.id, now=NOW)
    assert drill.is_running
    with world.transaction() as session:
        ended = end_drill(session, [4], ["forms"], now=NOW + timedelta(minutes=40))
        assert (ended.sections, ended.slugs) == ((4,), ("forms",))
        assert plan_sections(session)[0].tested_on == TODAY
        proved = {item.slug: item.direct_link.verified_on for item in live_components(session)}
        assert proved["forms"] == TODAY
        incident = the_incident(session, drill.incident_id or "")
        assert incident is not None
        assert incident.is_drill
        assert incident.title == "DRILL: The dashboard is down"
        assert not incident.is_open


def test_r72_a_drill_is_scored_by_the_first_word_the_parts_and_the_promises(world: Database) -> None:
    drill = planned(world)
    with world.transaction() as session:
        drill = start_drill(session, drill.id, now=NOW)
    with world.transaction() as session:
        said_at = NOW + timedelta(minutes=8)
        said = words(IncidentStatus.IDENTIFIED, next_update_at=NOW + timedelta(minutes=30))
        post_update(session, drill.incident_id or "", said, now=said_at)
    with world.transaction() as session:
        ended = end_drill(session, now=NOW + timedelta(minutes=45))
    assert ended.score is not None
    assert ended.score.first_word == timedelta(minutes=8)
    # The first promise was kept; the second was for half past and nothing came.
    assert (ended.score.promises_kept, ended.score.promises_made) == (1, 2)
    assert ended.score.points == 40 + 0 + 15


@pytest.mark.parametrize(("minutes", "points"), [(0, 40), (10, 40), (20, 20), (30, 0), (90, 0)])
def test_r72_a_late_first_word_earns_less(minutes: int, points: int) -> None:
    assert Score(timedelta(minutes=minutes), 0, 0, 0, 0).points == points


def test_r70_the_staff_is_told_that_nothing_is_wrong(world: Database) -> None:
    drill = planned(world)
    with world.transaction() as session:
        start_drill(session, drill.id, now=NOW)
        end_drill(session, now=NOW + timedelta(minutes=5))
    with world.read() as session:
        told = [row for row in session.exec(select(StaffMessageRow)) if "DRILL" in row.subject]
    assert [row.subject.partition(":")[0] for row in told] == ["DRILL begins", "DRILL is over"]
    assert all("Nothing " in row.text for row in told)


def test_two_drills_never_run_at_once_and_one_is_played_once(world: Database) -> None:
    first, second = planned(world), planned(world)
    with world.transaction() as session:
        start_drill(session, first.id, now=NOW)
        with pytest.raises(RefusedError, match="End it first"):
            start_drill(session, second.id, now=NOW)
        with pytest.raises(RefusedError, match="stays in the record"):
            cancel_drill(session, first.id, now=NOW)
        end_drill(session, now=NOW)
        with pytest.raises(RefusedError, match="Plan another"):
            start_drill(session, first.id, now=NOW)
        with pytest.raises(NotFoundError):
            end_drill(session, now=NOW)
        cancel_drill(session, second.id, now=NOW)
        assert [drill.id for drill in all_drills(session)] == [first.id]


def test_a_link_that_is_none_cannot_have_been_tried(world: Database) -> None:
    drill = planned(world)
    with world.transaction() as session:
        start_drill(session, drill.id, now=NOW)
        with pytest.raises(RefusedError, match="no direct sign-in"):
            end_drill(session, slugs=["lockboxes"], now=NOW)
