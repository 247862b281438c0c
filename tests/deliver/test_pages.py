"""Pages leave once: none is lost in a crash, and no telephone rings twice (R15, R16)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.call_outs import call_out, tend_call_outs
from app.commands.suspicions import end_sign, suspect
from app.deliver.pages import AGAIN_AFTER, GIVEN_UP_AFTER, LINK, Paging, send_owed_pages
from app.domain.pages import PageState
from app.domain.suspicions import Sign, SignKind
from app.store.escalation import EscalationStepRow
from app.store.pages import PageRow
from app.store.session import Database
from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from tests.commands.duty import man, number_of
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build

PAGING = Paging(VAULT, "https://console.example")
SIGN = Sign(SignKind.CHECK, "probe-1", "It answers 500", NOW, "dashboard")


class Killed(BaseException):
    """The process ends here."""


class Exchange:
    """Takes pages and remembers them as a provider's log does; it can refuse, or the process can die in it."""

    def __init__(self, *, refuses: str = "", dies_on: str = "", is_silent: bool = False) -> None:
        self.sent: list[tuple[str, Notice]] = []
        self.refuses, self.dies_on, self.is_silent = refuses, dies_on, is_silent

    def send(self, channel: str, notices: Sequence[Notice]) -> list[Outcome] | None:
        if channel == self.refuses:
            return [DeliveryError("Not this one.", remedy=Remedy.FIX_ADDRESS, permanent=True) for _ in notices]
        self.sent += [(channel, notice) for notice in notices]
        if channel == self.dies_on:
            raise Killed
        return [Receipt(f"{channel}-{notice.delivery_id}") for notice in notices]

    def find(self, channel: str, notice: Notice, since: datetime) -> Receipt | None:
        if self.is_silent:
            raise DeliveryError("Nobody answers.", remedy=Remedy.RETRY)
        known = (kept for way, kept in self.sent if way == channel and kept.delivery_id == notice.delivery_id)
        return Receipt("found") if next(known, None) else None

    def run(self, database: Database, after: timedelta = timedelta(0)) -> list[str]:
        send_owed_pages(database, PAGING, self.send, self.find, now=NOW + after)
        return sorted(channel for channel, _ in self.sent)


@pytest.fixture
def owed(database: Database) -> Database:
    """Three people are to be called and texted."""
    with database.transaction() as session:
        build(session)
        man(session)
        suspect(session, SIGN, now=NOW, on_suspected=call_out)
    return database


def states(database: Database) -> set[str]:
    with database.read() as session:
        return {row.state for row in session.exec(select(PageRow))}


def test_every_page_leaves_once_by_its_way_with_how_to_answer(owed: Database) -> None:
    exchange = Exchange()
    assert exchange.run(owed) == ["phone"] * 3 + ["sms"] * 3
    exchange.run(owed, AGAIN_AFTER * 2)
    assert len(exchange.sent) == 6
    assert states(owed) == {PageState.SENT}
    call = next(notice for way, notice in exchange.sent if way == "phone" and notice.address == number_of("Tess"))
    assert call.text.endswith("You are called as communications lead. Press 1 to take it. Press 2 to pass it on.")
    text = next(notice for way, notice in exchange.sent if way == "sms" and notice.address == number_of("Tess"))
    link = f"https://console.example/admin/pages/{text.delivery_id}/{VAULT.signature(LINK, text.delivery_id)}"
    assert text.text.endswith(f"Reply 1 to take it, 2 to pass it on. {link}")


def test_what_died_in_somebody_s_hand_is_asked_for_and_not_sent_again(owed: Database) -> None:
    exchange = Exchange(dies_on="phone")
    with pytest.raises(Killed):
        exchange.run(owed)
    exchange.dies_on = ""
    assert exchange.run(owed, AGAIN_AFTER / 2) == ["phone"] * 3, "still in somebody's hand"
    assert exchange.run(owed, AGAIN_AFTER * 2) == ["phone"] * 3 + ["sms"] * 3
    assert states(owed) == {PageState.SENT}


def test_nothing_rings_while_the_provider_cannot_say_whether_it_did(owed: Database) -> None:
    exchange = Exchange(dies_on="phone", is_silent=True)
    with pytest.raises(Killed):
        exchange.run(owed)
    exchange.dies_on = ""
    assert exchange.run(owed, AGAIN_AFTER * 2).count("phone") == 3
    exchange.is_silent = False
    exchange.run(owed, AGAIN_AFTER * 4)
    assert exchange.run(owed, AGAIN_AFTER * 6).count("phone") == 3
    assert states(owed) == {PageState.SENT}


def test_a_page_that_is_too_old_is_given_up_and_says_so(owed: Database) -> None:
    assert Exchange().run(owed, GIVEN_UP_AFTER + timedelta(seconds=1)) == []
    assert states(owed) == {PageState.FAILED}


def test_what_is_over_before_it_leaves_is_dropped(owed: Database) -> None:
    ended(owed)
    assert Exchange().run(owed) == []
    assert states(owed) == {PageState.DROPPED}


def test_whoever_was_called_for_nothing_is_told_that_it_is_over(owed: Database) -> None:
    exchange = Exchange()
    exchange.run(owed)
    ended(owed)
    exchange.sent.clear()
    assert exchange.run(owed) == ["sms"] * 3
    assert {notice.text for _, notice in exchange.sent} == {
        "TMLS: it is over. Nobody needs to come. It was: Suspected: Member dashboard is down."
    }


def ended(database: Database) -> None:
    with database.transaction() as session:
        end_sign(session, SIGN.kind, SIGN.ref, now=NOW)
        tend_call_outs(session, now=NOW)


def test_r16_mail_goes_to_the_second_address_too_since_the_first_may_be_down(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        man(session)
        for step in session.exec(select(EscalationStepRow)):
            step.by = ["email"]
        suspect(session, SIGN, now=NOW, on_suspected=call_out)
    exchange = Exchange()
    exchange.run(database)
    to_tess = sorted(notice.address for _, notice in exchange.sent if notice.address.startswith("tess"))
    assert to_tess == ["tess@mailbox.example", "tess@ops.example"]


def test_a_way_that_refuses_says_why_and_the_others_go_out(owed: Database) -> None:
    exchange = Exchange(refuses="phone")
    assert exchange.run(owed) == ["sms"] * 3
    with owed.read() as session:
        assert {row.words for row in session.exec(select(PageRow).where(PageRow.by == "phone"))} == {"Not this one."}
