"""R6: the truth table of the four questions, all sixteen rows."""

import pytest

from app.domain.severity import Urgency
from app.domain.urgency import QUESTIONS, UrgencyAnswers

U, H, M = Urgency.URGENT, Urgency.HIGH, Urgency.MEDIUM

TABLE = {
    # blocked, deadline, workaround, nuisance
    "yyyy": U, "yyyn": U, "yyny": U, "yynn": U, "ynyy": U, "ynyn": U, "ynny": U, "ynnn": U,
    "nyyy": U, "nyyn": U, "nyny": U, "nynn": U, "nnyy": H, "nnyn": H, "nnny": M, "nnnn": H,
}  # fmt: skip


@pytest.mark.parametrize(("row", "wanted"), TABLE.items())
def test_r06_the_urgency_follows_from_the_answers(row: str, wanted: Urgency) -> None:
    assert UrgencyAnswers(*(sign == "y" for sign in row)).urgency is wanted


def test_r06_the_table_has_each_of_the_sixteen_rows_once() -> None:
    assert len(TABLE) == 2 ** len(QUESTIONS) == 16


def test_the_answers_can_be_told_in_a_line() -> None:
    words = UrgencyAnswers(blocked=False, deadline=False, workaround=True, nuisance=True).in_words
    assert words == "blocked: no, deadline: no, workaround: yes, nuisance: yes"
