"""When a second person looks first, and that silence never keeps members waiting."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Account, Role
from app.domain.approvals import (
    Approval,
    Decision,
    Reason,
    TwoPersonRule,
    approval_needed,
    check_may_decide,
)
from app.domain.errors import RefusedError
from app.domain.severity import Severity

NOW = datetime(2026, 4, 4, 21, 42, tzinfo=UTC)
FIVE = timedelta(minutes=5)
RULE = TwoPersonRule({Severity.CRITICAL: FIVE})


def waiting(**facts) -> Approval:
    """A message of Tess's that waits for five minutes."""
    known = {
        "id": "1",
        "request_id": "r",
        "reason": Reason.TWO_PERSON,
        "summary": "",
        "words": "",
        "incident_id": None,
        "asked_of": Role.COMMANDER,
        "asked_by": "tess",
        "asked_at": NOW,
        "expires_at": NOW + FIVE,
    }
    return Approval(**known | facts)


def person(name: str = "dev", role: Role = Role.COMMANDER) -> Account:
    """Somebody with an account."""
    return Account(name, f"{name}@mls.example", name, role)


def test_it_lets_one_person_speak_where_no_rule_says_otherwise():
    assert approval_needed(RULE, Severity.HIGH, may_surprise=False, is_correction=False) is None
    assert approval_needed(TwoPersonRule(), Severity.CRITICAL, may_surprise=False, is_correction=False) is None


def test_r21_the_commander_checks_the_facts_at_the_severities_of_the_rule():
    needed = approval_needed(RULE, Severity.CRITICAL, may_surprise=False, is_correction=False)
    assert (needed.reason, needed.wait) == (Reason.TWO_PERSON, FIVE)


def test_r24_it_asks_the_service_manager_for_ten_minutes_before_a_surprise():
    needed = approval_needed(TwoPersonRule(), Severity.LOW, may_surprise=True, is_correction=False)
    assert (needed.reason, needed.asked_of, needed.wait) == (
        Reason.MAY_SURPRISE,
        Role.SERVICE_MANAGER,
        timedelta(minutes=10),
    )


@given(st.sampled_from(Severity), st.booleans())
def test_a_correction_never_waits(severity, may_surprise):
    rule = TwoPersonRule(dict.fromkeys(Severity, FIVE))
    assert approval_needed(rule, severity, may_surprise=may_surprise, is_correction=True) is None


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_it_refuses_a_rule_that_would_keep_members_in_the_dark(minutes):
    with pytest.raises(RefusedError, match="1 to 60 minutes"):
        TwoPersonRule({Severity.CRITICAL: timedelta(minutes=minutes)})


@given(st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_r21_after_five_silent_minutes_it_is_published_unchecked_and_not_before(passed):
    approval = waiting()
    assert approval.may_publish(NOW + passed) is (passed >= FIVE)
    assert approval.is_waiting(NOW + passed) is (passed < FIVE)


@pytest.mark.parametrize(("decision", "goes"), [("approved", True), ("declined", False), ("withdrawn", False)])
def test_a_word_counts_at_once_and_for_good(decision, goes):
    decided = waiting(decision=Decision(decision))
    assert decided.may_publish(NOW) is goes
    assert decided.may_publish(NOW + timedelta(days=1)) is goes


def test_calls_are_owed_when_a_surprise_went_out_unseen():
    assert waiting(reason=Reason.MAY_SURPRISE, decision=Decision.TIMED_OUT).owes_calls
    assert not waiting(reason=Reason.MAY_SURPRISE, decision=Decision.APPROVED).owes_calls
    assert not waiting(decision=Decision.TIMED_OUT).owes_calls


@pytest.mark.parametrize(
    ("who", "decision", "words"),
    [
        (person("tess"), Decision.APPROVED, "A second person decides"),
        (person("tess"), Decision.DECLINED, "A second person decides"),
        (person(), Decision.WITHDRAWN, "Only who wrote it"),
        (person(role=Role.COMMUNICATIONS_LEAD), Decision.APPROVED, "Your role does not approve"),
    ],
)
def test_a_word_that_does_not_count_is_refused(who, decision, words):
    with pytest.raises(RefusedError, match=words):
        check_may_decide(waiting(), who, decision, NOW)


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.SERVICE_MANAGER, Role.ADMINISTRATOR])
def test_whoever_may_approve_decides(role):
    check_may_decide(waiting(), person(role=role), Decision.APPROVED, NOW)


def test_the_author_may_take_it_back():
    check_may_decide(waiting(), person("tess", Role.COMMUNICATIONS_LEAD), Decision.WITHDRAWN, NOW)


def test_nobody_decides_what_is_over():
    with pytest.raises(RefusedError, match="waits no more"):
        check_may_decide(waiting(), person(), Decision.DECLINED, NOW + FIVE)
    with pytest.raises(RefusedError, match="waits no more"):
        check_may_decide(waiting(decision=Decision.APPROVED), person(), Decision.DECLINED, NOW)
