"""Whether it happened before: what counts as alike, and what is flagged."""

from datetime import UTC, date, datetime

from app.domain.actions import ActionItem, ActionKind, digest
from app.domain.repeats import PastIncident, likenesses

AT = datetime(2026, 4, 8, tzinfo=UTC)


def action(action_id: str, *, is_done: bool) -> ActionItem:
    done_at = AT if is_done else None
    due = date(2026, 12, 31)
    return ActionItem(action_id, "old", ActionKind.PREVENTION, "Second sign-in", "Command", due, AT, done_at)


SIGN_IN = PastIncident(
    "old",
    "Member dashboard sign-in down",
    frozenset({"dashboard", "codes"}),
    "A certificate rotation was never copied to the standby.",
    (action("one", is_done=True), action("two", is_done=False)),
)
LOCKBOXES = PastIncident("box", "Lockboxes do not open in the cold", frozenset({"lockboxes"}), "Batteries.")


def test_r65_the_likest_past_incident_is_found_by_services_title_and_cause_and_its_undone_action_flagged() -> None:
    [found] = likenesses("Dashboard sign-in fails", ["dashboard"], "The certificate is old.", [LOCKBOXES, SIGN_IN])
    assert found.past is SIGN_IN
    assert "1 of the same services" in found.because
    assert "certificate" in found.because
    assert [each.id for each in found.left_undone] == ["two"]


def test_r65_what_shares_nothing_is_not_alike() -> None:
    assert likenesses("Photos are blank", ["photos"], "No photo loads.", [LOCKBOXES, SIGN_IN]) == []


def test_what_was_seen_of_the_old_actions_changes_when_one_is_done() -> None:
    before = digest(SIGN_IN.actions)
    assert before == "one+,two-"
    assert digest([action("one", is_done=True), action("two", is_done=True)]) != before
