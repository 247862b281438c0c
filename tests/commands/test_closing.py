"""A supplier gives a week's notice: the demo's Postroom event, walked through (R69)."""

from datetime import UTC, date, timedelta

import pytest

from app.commands.actions import complete_action
from app.commands.cadence import words_of
from app.commands.closing import begin_move, count_copy
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.cadence import clock
from app.domain.closing import MOVE_LIST, is_counted, time_left
from app.domain.errors import RefusedError
from app.domain.incidents import Incident, IncidentStatus
from app.domain.message_templates import MessageEvent
from app.domain.severity import Kind, Severity, Urgency
from app.importers.demo_file import read_demo
from app.store.actions import actions_of
from app.store.closing import counts_of
from app.store.incidents import the_incident
from app.store.notices import notices_about
from app.store.organisation import the_organisation
from app.store.session import Database
from tests.commands.world import build, words

STORY = next(each for each in read_demo()["incidents"] if each["kind"] == "vendor_closing")
DEADLINE = STORY["hard_deadline"].astimezone(UTC)
OPENED = STORY["updates"][0]["at"].astimezone(UTC)


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def opened(world: Database, **given: object) -> Incident:
    first = words(
        IncidentStatus.IDENTIFIED,
        body=STORY["updates"][0]["text"],
        next_update_at=STORY["updates"][0]["next"].astimezone(UTC),
        **given,
    )
    draft = IncidentDraft(
        STORY["title"], first, Kind.VENDOR_CLOSING, Severity.HIGH, Urgency.MEDIUM, deadline_at=DEADLINE
    )
    with world.transaction() as session:
        return open_incident(session, draft, now=OPENED)


def test_r69_the_copy_is_the_first_thing_to_do_and_all_is_due_before_the_last_day(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session:
        begin_move(session, incident.id, "Technology", now=OPENED)
        listed = actions_of(session, incident.id)
    assert listed[0].words == MOVE_LIST[0]
    assert listed[0].words.startswith("Copy everything")
    assert [each.due_on for each in listed] == [date(2026, 1, 6 + day) for day in range(8)]
    with world.transaction() as session, pytest.raises(RefusedError, match="open already"):
        begin_move(session, incident.id, "Technology", now=OPENED)


def test_r69_the_hours_to_the_last_day_run_down_and_never_below_none() -> None:
    assert time_left(DEADLINE, OPENED) == timedelta(days=7, hours=7)
    assert time_left(DEADLINE, DEADLINE + timedelta(hours=1)) == timedelta(0)


def test_r69_2318_mailboxes_count_once_two_whole_counts_agree(world: Database) -> None:
    incident = opened(world)
    taken = [(2318, 1904, 1700), (2318, 2318, 2318), (2318, 2318, 2318)]
    believed = []
    for hours, (expected, copied, verified) in enumerate(taken):
        with world.transaction() as session:
            at = OPENED + timedelta(hours=hours)
            count_copy(session, incident.id, "mailboxes", expected, copied, verified, now=at)
            believed.append(is_counted(counts_of(session, incident.id)["mailboxes"]))
    assert believed == [False, False, True]


def test_r69_more_was_copied_than_there_is_and_nobody_believes_it(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session, pytest.raises(RefusedError) as refused:
        count_copy(session, incident.id, "mailboxes", 2318, 2400, 2500, now=OPENED)
    assert set(refused.value.problems) == {"copied", "verified"}


def test_r69_members_hear_every_day_by_the_end_of_day_up_to_the_last_one(world: Database) -> None:
    incident = opened(world)
    with world.read() as session:
        day = the_organisation(session).day
    for said, following in zip(STORY["updates"][1:8], STORY["updates"][2:9], strict=True):
        with world.transaction() as session:
            update = words(
                IncidentStatus(said["status"]), body=said["text"], next_update_at=said["next"].astimezone(UTC)
            )
            incident = post_update(session, incident.id, update, now=said["at"].astimezone(UTC))
        due = clock(Urgency.MEDIUM, words_of(incident)[-1], day)
        assert due.at <= said["at"].astimezone(UTC) + timedelta(hours=25)
        assert following["at"].astimezone(UTC) <= due.at


def test_r69_the_message_names_the_last_day_and_needs_one(world: Database) -> None:
    incident = opened(world, event=MessageEvent.VENDOR_CLOSING)
    with world.read() as session:
        notice = notices_about(session, incident.id)[-1]
    assert notice.content["deadline_at"] == DEADLINE.isoformat()
    with world.transaction() as session, pytest.raises(RefusedError, match="last day"):
        draft = words(event=MessageEvent.VENDOR_CLOSING, next_update_at=OPENED + timedelta(hours=6))
        open_incident(session, IncidentDraft("Closing", draft, Kind.VENDOR_CLOSING), now=OPENED)


def test_r69_the_move_ends_with_every_step_done(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session:
        for row in begin_move(session, incident.id, "Technology", now=OPENED):
            complete_action(session, row.id, now=OPENED + timedelta(days=1))
        ended = words(IncidentStatus.RESOLVED, body=STORY["updates"][-1]["text"])
        post_update(session, incident.id, ended, now=STORY["resolved_at"].astimezone(UTC))
    with world.read() as session:
        closed = the_incident(session, incident.id)
        assert closed is not None
        assert closed.resolved_at == STORY["resolved_at"].astimezone(UTC)
        assert all(each.done_at for each in actions_of(session, incident.id))
