"""Actions: opened with an owner and a day, finished with what proves it, overdue when the day has passed."""

from datetime import date, timedelta

import pytest

from app.commands.actions import complete_action, open_action, postpone_action, reopen_action
from app.domain.actions import ActionKind
from app.domain.errors import NotFoundError, RefusedError
from app.store.actions import actions_of, done_actions, open_actions, overdue_actions
from app.store.session import Database
from tests.commands.world import NOW

TODAY = NOW.date()


def opened(database: Database, kind: ActionKind = ActionKind.PREVENTION, *, due_on: date = TODAY) -> str:
    with database.transaction() as session:
        words = "Test a sign-in, not the page"
        row = open_action(session, incident_id=None, kind=kind, words=words, owner="Technology", due_on=due_on, now=NOW)
        return row.id


def test_an_action_without_an_owner_or_words_is_refused(database: Database) -> None:
    with pytest.raises(RefusedError) as refused, database.transaction() as session:
        open_action(session, incident_id=None, kind=ActionKind.TASK, words=" ", owner="", due_on=TODAY, now=NOW)
    assert set(refused.value.problems) == {"words", "owner"}


def test_r59_a_test_that_was_added_is_done_once_it_names_the_check_that_covers_it(database: Database) -> None:
    action_id = opened(database, ActionKind.TEST_ADDED)
    with pytest.raises(RefusedError, match="Name the check"), database.transaction() as session:
        complete_action(session, action_id, now=NOW)
    with database.transaction() as session:
        complete_action(session, action_id, proof="probe:k3j9", now=NOW)
    with database.read() as session:
        assert open_actions(session) == []
        [done] = done_actions(session, skip=0, most=10)
        assert (done.proof, done.done_at) == ("probe:k3j9", NOW)


def test_an_action_is_overdue_from_the_day_after_until_it_is_done_or_has_another_day(database: Database) -> None:
    first, second = opened(database), opened(database)
    tomorrow = TODAY + timedelta(days=1)
    with database.read() as session:
        assert overdue_actions(session, TODAY) == []
        assert {action.id for action in overdue_actions(session, tomorrow)} == {first, second}
    with database.transaction() as session:
        complete_action(session, first, now=NOW)
        postpone_action(session, second, TODAY + timedelta(days=9), now=NOW)
    with database.read() as session:
        assert overdue_actions(session, tomorrow) == []
    with database.transaction() as session:
        reopen_action(session, first, now=NOW)
    with database.read() as session:
        assert [action.id for action in overdue_actions(session, tomorrow)] == [first]
        assert actions_of(session, "none") == []


def test_what_is_done_is_not_done_again_and_what_is_open_not_reopened(database: Database) -> None:
    action_id = opened(database)
    with pytest.raises(RefusedError, match="open already"), database.transaction() as session:
        reopen_action(session, action_id, now=NOW)
    with database.transaction() as session:
        complete_action(session, action_id, now=NOW)
    for change in (complete_action, lambda *args, now: postpone_action(*args, TODAY, now=now)):
        with pytest.raises(RefusedError, match="done already"), database.transaction() as session:
            change(session, action_id, now=NOW)
    with pytest.raises(NotFoundError), database.transaction() as session:
        complete_action(session, "none", now=NOW)
