"""Forms that were sent: their work is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import select

from app.domain.errors import RefusedError
from app.store.outbox import CounterRow, take_numbers
from app.store.submissions import FormSubmissionRow, once
from tests.commands.world import NOW

WHO = "abcdefghijkl"
KEY = "a-key-of-a-form"


def count(session):
    """Work that leaves a trace each time it is done."""
    return f"/done/{take_numbers(session, 'work')}"


def times_done(database):
    """How often the work was done."""
    with database.read() as session:
        row = session.get(CounterRow, "work")
        return row.value if row else 0


def test_it_does_the_work_once_and_remembers_where_it_led(database):
    first = once(database, WHO, KEY, "same", count, now=NOW)
    second = once(database, WHO, KEY, "same", count, now=NOW)
    assert (first, second) == ("/done/1", "/done/1")
    assert times_done(database) == 1


def test_it_does_the_work_of_another_form_and_of_another_person(database):
    for who, key in ((WHO, KEY), (WHO, "another-key"), ("somebodyelse", KEY)):
        once(database, who, key, "same", count, now=NOW)
    assert times_done(database) == 3


def test_it_refuses_a_form_that_came_before_with_other_words(database):
    once(database, WHO, KEY, "first", count, now=NOW)
    with pytest.raises(RefusedError, match="other words"):
        once(database, WHO, KEY, "second", count, now=NOW)
    assert times_done(database) == 1


def test_it_remembers_nothing_when_the_work_was_refused(database):
    def refuse(_session):
        raise RefusedError("no")

    with pytest.raises(RefusedError, match="no"):
        once(database, WHO, KEY, "same", refuse, now=NOW)
    assert once(database, WHO, KEY, "same", count, now=NOW) == "/done/1"


def test_it_does_the_work_once_however_many_press_together(database):
    together = Barrier(6)

    def press(_):
        together.wait()
        return once(database, WHO, KEY, "same", count, now=NOW)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(press, range(6))) == {"/done/1"}
    assert times_done(database) == 1


def test_it_forgets_forms_after_a_week(database):
    once(database, WHO, "an-old-form", "same", count, now=NOW - timedelta(days=8))
    once(database, WHO, KEY, "same", count, now=NOW)
    with database.read() as session:
        assert session.exec(select(FormSubmissionRow.key)).all() == [KEY]
