"""What must be decided in an incident, and what follows (R18, R19)."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.decisions import ask_again, decide
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.accounts import Role
from app.domain.actions import ActionKind
from app.domain.decisions import Question, standing
from app.domain.errors import RefusedError
from app.store.actions import actions_of
from app.store.decisions import decisions_of
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from tests.commands.duty import man
from tests.commands.world import NOW, SOON, build, words


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        man(session)
        add_account(session, "t@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
    return database


@pytest.fixture
def quiet(world: Database) -> str:
    """An incident on the page that no member was told of."""
    with world.transaction() as session:
        return open_incident(session, IncidentDraft("Dashboard down", words(notify=False)), now=NOW).id


def answered(world: Database, incident_id: str, minutes: float = 0) -> dict[Question, str]:
    with world.read() as session:
        held = standing(decisions_of(session, incident_id), NOW + timedelta(minutes=minutes))
    return {question: each.answer for question, each in held.items()}


def say(
    world: Database, incident_id: str, question: Question, answer: str, reason: str = "", minutes: float = 0
) -> None:
    with world.transaction() as session:
        decide(session, incident_id, question, answer, reason, now=NOW + timedelta(minutes=minutes))


def tick(world: Database, minutes: float) -> int:
    with world.transaction() as session:
        return ask_again(session, now=NOW + timedelta(minutes=minutes))


def test_r18_no_needs_a_reason_and_runs_out_after_thirty_minutes(world: Database, quiet: str) -> None:
    assert answered(world, quiet) == {}
    with pytest.raises(RefusedError, match="Say why"):
        say(world, quiet, Question.MEMBERS, "no", "  ")
    say(world, quiet, Question.MEMBERS, "no", "Nobody works at this hour.")
    assert answered(world, quiet, 29.9) == {Question.MEMBERS: "no"}
    assert answered(world, quiet, 30) == {}
    assert [tick(world, minutes) for minutes in (29.9, 30, 31)] == [0, 1, 0]
    with world.read() as session:
        told = [row.subject for row in session.exec(select(StaffMessageRow))]
    assert told == ["Dashboard down: is member communication needed?"]


def test_words_that_went_to_members_answer_it(world: Database, quiet: str) -> None:
    say(world, quiet, Question.MEMBERS, "no", "Nobody works at this hour.")
    with world.transaction() as session:
        post_update(session, quiet, words(next_update_at=SOON), now=NOW + timedelta(minutes=5))
    assert answered(world, quiet, 300) == {Question.MEMBERS: "yes"}
    assert tick(world, 31) == 0


def test_an_unknown_answer_is_refused(world: Database, quiet: str) -> None:
    with pytest.raises(RefusedError):
        say(world, quiet, Question.OUTSIDE, "perhaps")


def test_r19_outside_parties_open_tasks_with_deadlines_once(world: Database, quiet: str) -> None:
    say(world, quiet, Question.OUTSIDE, "none")
    say(world, quiet, Question.OUTSIDE, "both", minutes=1)
    say(world, quiet, Question.OUTSIDE, "vendor", minutes=2)
    with world.read() as session:
        tasks = {action.kind: action for action in actions_of(session, quiet)}
    assert tasks.keys() == {ActionKind.VENDOR_ESCALATION, ActionKind.REGULATOR}
    assert tasks[ActionKind.VENDOR_ESCALATION].due_on == date(2026, 4, 5)
    assert tasks[ActionKind.REGULATOR].due_on == date(2026, 4, 7), "three days where no pack says otherwise"
    assert answered(world, quiet, 5)[Question.OUTSIDE] == "vendor"
