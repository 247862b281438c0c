"""Who is meant to have a part, and which parts nobody has (R4, R17, R20)."""

from datetime import UTC, datetime, timedelta

from app.domain.assignments import COMMANDER, LEAD, OPERATIONS, Answer, Assignment, designated, gaps, needed_roles
from app.domain.severity import Severity

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)


def part(role: str, person: str, answer: Answer, minutes: int = 0) -> Assignment:
    at = NOW + timedelta(minutes=minutes)
    return Assignment(f"{role}-{person}", "i", role, role, person, person, None, answer, at)


def test_whoever_took_it_counts_before_whoever_is_asked() -> None:
    asked, taken = part(LEAD, "Dev", Answer.OFFERED, 5), part(LEAD, "Tess", Answer.ACCEPTED)
    assert designated([asked], LEAD) == asked
    assert designated([asked, taken], LEAD) == taken
    assert designated([part(LEAD, "Tess", Answer.DECLINED)], LEAD) is None


def test_wide_trouble_needs_somebody_to_carry_it_out() -> None:
    assert needed_roles(Severity.CRITICAL) == (COMMANDER, LEAD, OPERATIONS)
    assert needed_roles(Severity.MEDIUM) == (COMMANDER, LEAD)


def test_what_nobody_took_is_a_gap_and_one_person_may_hold_two() -> None:
    known = [part(COMMANDER, "Ines", Answer.ACCEPTED), part(LEAD, "Ines", Answer.ACCEPTED)]
    assert gaps(known, Severity.HIGH) == (OPERATIONS,)
    assert gaps([part(LEAD, "Tess", Answer.OFFERED)], Severity.LOW) == (COMMANDER, LEAD)
