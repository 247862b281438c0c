"""Which messages may surprise members (R24)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.domain.message_templates import MessageEvent
from app.domain.promises import Day
from app.domain.severity import Kind, Urgency
from app.domain.surprises import surprises

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
DAY = Day(time_zone="America/Chicago")
PLAIN = UpdateDraft(
    IncidentStatus.INVESTIGATING,
    headings=Headings("Nobody can sign in.", "We are on it.", "All of it.", "By phone."),
    next_update_at=NOW + timedelta(hours=1),
)


def reasons(draft: UpdateDraft, kind: Kind = Kind.OUTAGE, *, chosen: bool = False) -> tuple[str, ...]:
    return surprises(draft, kind, Urgency.URGENT, DAY, now=NOW, chosen=chosen)


def test_an_ordinary_first_word_surprises_nobody() -> None:
    assert reasons(PLAIN) == ()


def test_security_surprises() -> None:
    assert reasons(PLAIN, Kind.SECURITY) == reasons(replace(PLAIN, event=MessageEvent.SECURITY_RESET))
    assert reasons(PLAIN, Kind.SECURITY)


@pytest.mark.parametrize(
    "text", ["Some listings were lost.", "We lost two days of photos.", "Passwords have been stolen.", "Data loss."]
)
def test_lost_data_surprises(text: str) -> None:
    assert reasons(replace(PLAIN, footnote=text)) == ("It speaks of lost data.",)


@pytest.mark.parametrize("text", ["Nothing is missing.", "A lost password is reset as usual by phone, as before."])
def test_other_words_do_not(text: str) -> None:
    assert reasons(replace(PLAIN, footnote=text.replace("lost password", "forgotten password"))) == ()


def test_a_promise_beyond_two_silent_hours_is_a_downgrade() -> None:
    assert reasons(replace(PLAIN, next_update_at=NOW + timedelta(hours=3))) == ()
    assert reasons(replace(PLAIN, next_update_at=NOW + timedelta(hours=3, minutes=5))) != ()


def test_an_end_promises_nothing_and_downgrades_nothing() -> None:
    assert reasons(replace(PLAIN, status=IncidentStatus.RESOLVED, next_update_at=None)) == ()


def test_whoever_writes_may_say_so() -> None:
    assert reasons(PLAIN, chosen=True) == ("Whoever wrote it thinks so.",)
