"""What has to be decided in an incident, and how long an answer holds (R18, R19)."""

from datetime import UTC, datetime, timedelta

from app.domain.decisions import SILENCE_HOLDS, IncidentDecision, Question, standing

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)


def test_an_answer_without_an_end_holds() -> None:
    yes = IncidentDecision(Question.MEMBERS, "yes", NOW)
    assert standing([yes], NOW + timedelta(days=3)) == {Question.MEMBERS: yes}


def test_silence_holds_for_half_an_hour_to_the_second() -> None:
    no = IncidentDecision(Question.MEMBERS, "no", NOW, "A drill.", expires_at=NOW + SILENCE_HOLDS)
    assert no.holds(NOW + timedelta(minutes=30, seconds=-1))
    assert standing([no], NOW + timedelta(minutes=30)) == {}
