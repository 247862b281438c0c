"""The delivery board: every delivery in one place, whatever its state."""

import pytest

from app.domain.channels import Channel
from app.domain.deliveries import Outcome, State
from app.domain.delivery_board import ALWAYS_SHOWN, ChannelBoard, Standing, standing_of


@pytest.mark.parametrize("outcome", Outcome)
def test_it_shows_an_ended_delivery_by_its_outcome(outcome):
    assert standing_of(State.ENDED, outcome).value == outcome.value


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (State.WAITING, Standing.QUEUED),
        (State.SENDING, Standing.QUEUED),
        (State.UNKNOWN, Standing.UNKNOWN),
    ],
)
def test_it_shows_one_that_has_not_ended_by_what_it_waits_for(state, standing):
    assert standing_of(state, None) is standing


def test_every_delivery_is_either_done_or_not():
    board = ChannelBoard(Channel.SMS, {each: 2**place for place, each in enumerate(Standing)}, resting=1)
    assert board.total == 2 ** len(Standing) - 1
    assert board.unfinished == board.number(Standing.QUEUED) + board.number(Standing.UNKNOWN)
    assert board.done + board.unfinished == board.total
    assert sum(number for _, number in board.shown) == board.total


def test_those_who_rest_do_not_leave_at_the_senders_rate():
    assert ChannelBoard(Channel.SMS, {Standing.QUEUED: 10}, resting=3).leaving == 7


def test_it_leaves_out_what_seldom_happens_until_it_does():
    assert [each for each, _ in ChannelBoard(Channel.SMS, {}).shown] == list(ALWAYS_SHOWN)
    assert (Standing.EXPIRED, 4) in ChannelBoard(Channel.SMS, {Standing.EXPIRED: 4}).shown
