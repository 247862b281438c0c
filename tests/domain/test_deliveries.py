"""When a delivery may leave, and how each ends."""

from datetime import UTC, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import (
    CHUNK,
    LONGEST_RETRY,
    MOST_ATTEMPTS,
    Ending,
    Fault,
    Later,
    Outcome,
    Reason,
    ReceiptStatus,
    Recipient,
    State,
    after_fault,
    after_no_trace,
    after_silence,
    chunk_size,
    finish_estimate,
    notice_ending,
    outcome_after_receipt,
    recipient_verdict,
    retry_delay,
)
from app.domain.notices import NoticeStanding, maintenance_deadline, may_recall, outage_deadline
from app.domain.subscribers import QuietHours, SubscriptionStatus

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)  # 9:50 PM in Chicago
CHICAGO = ZoneInfo("America/Chicago")
HOUR = timedelta(hours=1)
NIGHT = QuietHours(time(21), time(7))
ASK = timedelta(seconds=20)
WANTS_IT = Recipient(SubscriptionStatus.ACTIVE, wants_programme=True)
URGENT = NoticeStanding(is_urgent=True, expires_at=NOW + HOUR)


def after(fault: Fault, attempts: int = 1, expires_at: datetime = NOW + HOUR) -> Ending | Later:
    return after_fault(fault, attempts=attempts, expires_at=expires_at, now=NOW, luck=0.5, ask_after=ASK)


def test_what_nobody_can_ever_be_asked_about_fails_after_one_try() -> None:
    fault = Fault("It may have taken it.", is_unclear=True, is_permanent=True)
    assert after(fault) == Ending(Outcome.FAILED, Reason.UNCONFIRMED, "It may have taken it.")


def test_whoever_wants_it_may_be_told() -> None:
    assert recipient_verdict(WANTS_IT, URGENT, CHICAGO, NOW) is None


@pytest.mark.parametrize(
    ("recipient", "reason"),
    [
        (Recipient(SubscriptionStatus.OPTED_OUT, wants_programme=True), Reason.OPTED_OUT),
        (Recipient(SubscriptionStatus.PENDING, wants_programme=True), Reason.OPTED_OUT),
        (Recipient(SubscriptionStatus.ACTIVE, wants_programme=False), Reason.OPTED_OUT),
        (Recipient(SubscriptionStatus.BOUNCED, wants_programme=True), Reason.BOUNCED),
        (Recipient(SubscriptionStatus.OPTED_OUT, wants_programme=True, quiet=NIGHT), Reason.OPTED_OUT),
    ],
)
def test_opting_out_beats_everything(recipient: Recipient, reason: Reason) -> None:
    assert recipient_verdict(recipient, URGENT, CHICAGO, NOW) == Ending(Outcome.SUPPRESSED, reason)


def test_a_reply_that_nobody_has_read_holds_it() -> None:
    held = Recipient(SubscriptionStatus.ACTIVE, wants_programme=True, is_held=True)
    assert isinstance(recipient_verdict(held, URGENT, CHICAGO, NOW), Later)


def test_quiet_hours_wait_for_the_morning_or_suppress_what_will_be_stale_by_then() -> None:
    asleep = Recipient(SubscriptionStatus.ACTIVE, wants_programme=True, quiet=NIGHT)
    long = NoticeStanding(is_urgent=False, expires_at=NOW + 24 * HOUR)
    morning = datetime(2026, 4, 5, 12, 0, tzinfo=UTC)
    assert recipient_verdict(asleep, long, CHICAGO, NOW) == Later(morning, reason=Reason.QUIET)
    assert recipient_verdict(asleep, URGENT, CHICAGO, NOW) == Ending(Outcome.SUPPRESSED, Reason.QUIET)


def test_urgent_words_break_quiet_hours_only_where_the_subscriber_said_so() -> None:
    light = QuietHours(time(21), time(7), overridden=True)
    sleeper = Recipient(SubscriptionStatus.ACTIVE, wants_programme=True, quiet=light)
    bulk = NoticeStanding(is_urgent=False, expires_at=NOW + HOUR)
    assert recipient_verdict(sleeper, URGENT, CHICAGO, NOW) is None
    assert recipient_verdict(sleeper, bulk, CHICAGO, NOW) == Ending(Outcome.SUPPRESSED, Reason.QUIET)


def test_a_notice_ends_when_it_is_late_superseded_or_taken_back() -> None:
    assert notice_ending(URGENT, NOW) is None
    late = notice_ending(URGENT, NOW + HOUR)
    assert late is not None
    assert (late.outcome, late.reason) == (Outcome.EXPIRED, Reason.LATE)
    old = notice_ending(NoticeStanding(True, NOW + HOUR, superseded_at=NOW), NOW)
    assert old is not None
    assert (old.outcome, old.reason) == (Outcome.EXPIRED, Reason.SUPERSEDED)
    assert notice_ending(NoticeStanding(True, NOW + HOUR, recalled_at=NOW), NOW) == Ending(Outcome.RECALLED)


def test_what_may_have_gone_out_is_never_simply_sent_again() -> None:
    for attempts in (1, MOST_ATTEMPTS, 99):
        verdict = after(Fault("lost", is_unclear=True), attempts)
        assert isinstance(verdict, Later)
        assert (verdict.state, verdict.at) == (State.UNKNOWN, NOW + ASK)


def test_a_permanent_fault_fails_at_once_and_a_passing_one_after_the_last_try() -> None:
    assert after(Fault("wrong", code="21211", is_permanent=True)) == Ending(Outcome.FAILED, "21211", "wrong")
    assert isinstance(after(Fault("busy"), MOST_ATTEMPTS - 1), Later)
    assert after(Fault("busy"), MOST_ATTEMPTS) == Ending(Outcome.FAILED, Reason.EXHAUSTED, "busy")


def test_being_told_to_slow_down_is_no_failure() -> None:
    verdict = after(Fault("slow", retry_after=7), MOST_ATTEMPTS + 5, NOW + 9 * HOUR)
    assert isinstance(verdict, Later)
    assert verdict.at >= NOW + timedelta(seconds=7)


def test_a_retry_that_would_come_too_late_expires() -> None:
    verdict = after(Fault("slow", retry_after=600), expires_at=NOW + timedelta(minutes=5))
    assert isinstance(verdict, Ending)
    assert (verdict.outcome, verdict.reason) == (Outcome.EXPIRED, Reason.LATE)


def test_when_nobody_can_say_it_asks_again_and_at_last_gives_up() -> None:
    asked = after_silence("Away.", is_permanent=False, expires_at=NOW, now=NOW)
    assert isinstance(asked, Later)
    assert asked.state is State.UNKNOWN
    for ended in (
        after_silence("No log.", is_permanent=True, expires_at=NOW, now=NOW),
        after_silence("Away.", is_permanent=False, expires_at=NOW, now=NOW + 7 * HOUR),
    ):
        assert isinstance(ended, Ending)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, Reason.UNCONFIRMED)


def test_what_the_provider_never_had_may_go_again_but_not_for_ever() -> None:
    assert isinstance(after_no_trace(attempts=1, now=NOW, luck=0), Later)
    assert isinstance(after_no_trace(attempts=MOST_ATTEMPTS, now=NOW, luck=0), Ending)


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_retries_slow_down_and_never_beyond_the_longest(attempts: int, luck: float) -> None:
    assert timedelta(seconds=1) <= retry_delay(attempts, luck) <= LONGEST_RETRY
    assert retry_delay(attempts + 1, luck) >= retry_delay(attempts, luck)


@pytest.mark.parametrize("order", list(permutations(ReceiptStatus)))
def test_receipts_in_any_order_and_repeated_end_alike(order: tuple[ReceiptStatus, ...]) -> None:
    outcome: Outcome | None = None
    for status in (*order, *order):
        outcome = outcome_after_receipt(outcome, status) or outcome
    assert outcome is Outcome.DELIVERED


def test_a_receipt_that_says_nothing_new_changes_nothing() -> None:
    assert outcome_after_receipt(Outcome.SENT, ReceiptStatus.SENT) is None
    assert outcome_after_receipt(Outcome.DELIVERED, ReceiptStatus.FAILED) is None
    assert outcome_after_receipt(Outcome.FAILED, ReceiptStatus.DELIVERED) is Outcome.DELIVERED
    assert outcome_after_receipt(Outcome.EXPIRED, ReceiptStatus.DELIVERED) is Outcome.DELIVERED


def test_chunks_are_a_quarter_of_a_second_of_the_rate() -> None:
    assert [chunk_size(rate) for rate in (None, 1000, 20, 0.2)] == [CHUNK, CHUNK, 5, 1]


def test_the_estimate_is_the_rest_at_the_senders_rate() -> None:
    assert finish_estimate(7400, 20, NOW) == NOW + timedelta(seconds=370)
    assert finish_estimate(7400, None, NOW) is None


def test_words_are_worth_sending_until_the_next_ones_are_promised() -> None:
    assert outage_deadline(NOW, NOW + 2 * HOUR) == NOW + 2 * HOUR
    assert outage_deadline(NOW, NOW + timedelta(minutes=15)) == NOW + HOUR
    assert outage_deadline(NOW, None) == outage_deadline(NOW, NOW + 90 * HOUR) == NOW + 6 * HOUR
    assert maintenance_deadline(NOW, NOW + 2 * HOUR) == NOW + 2 * HOUR
    assert maintenance_deadline(NOW, NOW + 900 * HOUR) == NOW + 24 * HOUR


def test_second_thoughts_have_until_the_hold_is_over() -> None:
    assert may_recall(NOW + timedelta(seconds=1), None, NOW)
    assert not may_recall(NOW, None, NOW)
    assert not may_recall(NOW + HOUR, NOW, NOW)
