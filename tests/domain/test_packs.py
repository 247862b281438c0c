"""Jurisdiction packs: what a report has to answer, and by when others are told."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.errors import RefusedError
from app.domain.packs import Pack, PackAnswer, check_pack, regulator_due, unanswered, vendor_due

CHICAGO = ZoneInfo("America/Chicago")
AT = datetime(2026, 4, 5, 2, 42, tzinfo=UTC)
"""9:42 PM on April 4 in Chicago."""

US = Pack("us", "US MLS pack", ("trust deposits", "personal data"), timedelta(days=2), is_in_force=True)
AU = Pack("au", "Australian pack", ("trust account",), timedelta(days=1))


def test_r19_the_soonest_deadline_of_the_packs_in_force_counts_in_calendar_days_of_the_place() -> None:
    assert regulator_due([US, AU], AT, CHICAGO) == date(2026, 4, 6)
    assert regulator_due([], AT, CHICAGO) == date(2026, 4, 7)
    assert vendor_due([US, AU], AT, CHICAGO) == date(2026, 4, 5)


def test_r71_a_question_is_answered_by_words_with_a_date_and_only_packs_in_force_ask() -> None:
    whole = PackAnswer("us", "trust deposits", "None fell inside.", date(2026, 4, 6), AT)
    undated = PackAnswer("us", "personal data", "No.", None, AT)
    assert unanswered([US, AU], []) == ["trust deposits", "personal data"]
    assert unanswered([US, AU], [whole, undated]) == ["personal data"]


@pytest.mark.parametrize(
    ("name", "questions", "days", "field"),
    [
        ("", ["one"], [1], "name"),
        ("Pack", [], [1], "questions"),
        ("Pack", ["x" * 301], [1], "questions"),
        ("Pack", ["one"], [366], "days"),
    ],
)
def test_a_pack_that_asks_nothing_is_refused(name: str, questions: list[str], days: list[int], field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_pack(name, questions, days)
    assert set(refused.value.problems) == {field}
