"""The plan is read and signed every year, and says where its copies lie (R66)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.plan import drop_copy, mark_tested, note_copy, save_section, sign_plan, tend_plan
from app.domain.accounts import Role
from app.domain.audit import CLOCK
from app.domain.errors import NotFoundError, RefusedError
from app.domain.plan import LivePart, PlanSection, days_overdue, next_review
from app.store.plan import PlanEditionRow, plan_editions, plan_sections, printed_copies
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from tests.commands.world import build

NOW = datetime(2026, 1, 28, 18, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        add_account(session, "ines@mls.example", "Ines", Role.SERVICE_MANAGER, "gravel otter teapot", now=NOW)
        save_section(session, PlanSection(1, "Who is in charge", "Command", live=LivePart.PEOPLE), now=NOW)
    return database


def test_r66_three_hundred_and_sixty_six_days_after_the_signature_the_review_is_overdue(world: Database) -> None:
    with world.transaction() as session:
        edition = sign_plan(session, "Ines", TODAY, now=NOW)
    assert (edition.version, edition.due_on) == ("2026.1", date(2027, 1, 28))
    assert days_overdue(edition, TODAY + timedelta(days=365)) is None
    assert days_overdue(edition, TODAY + timedelta(days=366)) == 1


def test_r66_reminders_come_thirty_and_seven_days_ahead_and_on_the_day_each_once(world: Database) -> None:
    with world.transaction() as session:
        sign_plan(session, "Ines", TODAY, now=NOW)
    told = []
    for day in (330, 335, 336, 357, 358, 364, 365, 366, 400):
        for _ in range(2):
            with world.transaction(by=CLOCK) as session:
                if tend_plan(session, now=NOW + timedelta(days=day)):
                    told.append(day)
    assert told == [335, 358, 365]
    with world.read() as session:
        subjects = list(session.exec(select(StaffMessageRow.subject)))
    assert set(subjects) == {"The yearly review of the disaster plan is due by January 28"}


def test_r66_a_signed_version_keeps_the_words_that_were_signed(world: Database) -> None:
    with world.transaction() as session:
        sign_plan(session, "Ines", TODAY, now=NOW)
        save_section(session, PlanSection(1, "Who decides tonight", "Command"), now=NOW)
        second = sign_plan(session, "Walt", TODAY, now=NOW + timedelta(hours=1))
    assert second.version == "2026.2"
    with world.read() as session:
        kept = session.get(PlanEditionRow, "2026.1")
        assert kept is not None
        assert kept.sections[0]["title"] == "Who is in charge"
        assert [edition.version for edition in plan_editions(session)] == ["2026.2", "2026.1"]


def test_a_test_never_makes_a_section_older(world: Database) -> None:
    with world.transaction() as session:
        mark_tested(session, [1, 99], TODAY, now=NOW)
        mark_tested(session, [1], TODAY - timedelta(days=9), now=NOW)
        assert plan_sections(session)[0].tested_on == TODAY


def test_it_knows_where_printed_copies_lie(world: Database) -> None:
    with world.transaction() as session:
        note_copy(session, "Front desk", "2026.1", TODAY, now=NOW)
        note_copy(session, "Front desk", "2026.2", TODAY, now=NOW)
        assert [(copy.place, copy.version) for copy in printed_copies(session)] == [("Front desk", "2026.2")]
        drop_copy(session, "Front desk", now=NOW)
        assert printed_copies(session) == []
        with pytest.raises(NotFoundError):
            drop_copy(session, "Front desk", now=NOW)


def test_a_section_without_an_owner_is_refused(world: Database) -> None:
    with world.transaction() as session, pytest.raises(RefusedError, match="owns this section"):
        save_section(session, PlanSection(2, "Switching", " "), now=NOW)


def test_a_plan_signed_on_february_29_is_due_on_the_28th() -> None:
    assert next_review(date(2028, 2, 29)) == date(2029, 2, 28)
