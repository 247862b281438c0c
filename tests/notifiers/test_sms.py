"""Texts through Twilio: what the provider is told, and what its answers mean (notices.md, "SMS")."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.sms import Sender, TwilioSms
from notifiers.twilio_codes import failure
from tests.doubles.twilio import (
    ACCOUNT,
    NUMBER,
    TOKEN,
    Behaviour,
    FakeTwilio,
    fake_twilio,
    refusing,
    validated_twilio,
)

MEMBER = "+12025550107"
STATUS_URL = "https://hpmls-status.example/hooks/twilio/status"
NOTICE = Notice("41-7", MEMBER, text="HPMLS: dashboard sign-in is down. Txt STOP to end")

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeTwilio, str]]:
    with fake_twilio() as served:
        yield served


@pytest.fixture
def twilio(server: tuple[FakeTwilio, str]) -> FakeTwilio:
    fake = server[0]
    fake.messages.clear()
    fake.requests.clear()
    fake.behaviours.clear()
    fake.is_down = False
    return fake


def with_channel(url: str, work: Callable[[TwilioSms], Awaitable[Result]], **options: object) -> Result:
    """Run `work` with a channel to that address, and close it."""

    async def run() -> Result:
        settings = {"status_url": STATUS_URL, "timeout": 1.0} | options
        channel = TwilioSms(ACCOUNT, TOKEN, Sender(NUMBER), api_url=url, **settings)  # type: ignore[arg-type]
        try:
            return await work(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def sent(url: str, *notices: Notice, **options: object) -> list[Outcome]:
    return list(with_channel(url, lambda channel: channel.send(notices), **options))


def found(url: str, notice: Notice, since: datetime, **options: object) -> Receipt | None:
    return with_channel(url, lambda channel: channel.find(notice, since), **options)


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def refused(outcome: Outcome) -> DeliveryError:
    assert isinstance(outcome, DeliveryError)
    return outcome


def test_it_sends_a_text_that_twilios_own_description_of_its_api_accepts():
    with validated_twilio() as (twilio, url):
        (receipt,) = sent(url, NOTICE, timeout=30.0)
        assert receipt == Receipt(str(twilio.messages[0]["sid"]))
        assert twilio.messages[0]["body"] == NOTICE.text
        assert found(url, NOTICE, an_hour_ago(), timeout=30.0) == receipt


def test_its_judge_refuses_what_twilio_would_refuse():
    """A double that nods at everything proves nothing."""
    with validated_twilio() as (twilio, url):
        error = refused(sent(url, NOTICE, timeout=30.0, valid_for=timedelta(hours=1.5), status_url="no address")[0])
        assert error.code == "422"
        assert not twilio.messages


def test_it_tells_twilio_where_to_report_and_about_which_delivery(server, twilio):
    sent(server[1], NOTICE)
    assert twilio.requests == [
        {
            "To": MEMBER,
            "From": NUMBER,
            "Body": NOTICE.text,
            "StatusCallback": f"{STATUS_URL}?delivery=41-7",
            "ValidityPeriod": "3600",
        }
    ]


def test_it_sends_through_a_messaging_service_where_there_is_one(server, twilio):
    async def run() -> None:
        service = Sender(messaging_service_sid="MG" + "b" * 32)
        channel = TwilioSms(ACCOUNT, TOKEN, service, api_url=server[1])
        await channel.send([NOTICE])
        await channel.close()

    asyncio.run(run())
    assert twilio.requests[0]["MessagingServiceSid"] == "MG" + "b" * 32
    assert "From" not in twilio.requests[0]


def test_it_answers_for_each_text_in_its_place(server, twilio):
    twilio.behaviours["+12025550108"] = refusing(21211)
    notices = [Notice(f"41-{n}", f"+1202555010{n}", text="HPMLS: hello") for n in range(10)]
    outcomes = sent(server[1], *notices)
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [n != 8 for n in range(10)]
    sids = {str(message["to"]): message["sid"] for message in twilio.messages}
    assert all(
        outcome.provider_id == sids[notice.address]
        for notice, outcome in zip(notices, outcomes, strict=True)
        if isinstance(outcome, Receipt)
    )


@pytest.mark.parametrize("code", ["21211", "21614", "30005", "30006"])
def test_it_asks_for_another_address_when_the_number_can_never_be_texted(server, twilio, code):
    twilio.behaviours[MEMBER] = refusing(int(code))
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, code)


def test_it_knows_a_member_who_opted_out_with_the_carrier(server, twilio):
    twilio.behaviours[MEMBER] = refusing(21610)
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.permanent) == (Remedy.OPTED_OUT, True)


@pytest.mark.parametrize("code", ["20429", "30001", "30003", "30008"])
def test_it_tries_again_where_that_can_help(code):
    error = failure(code)
    assert (error.remedy, error.permanent) == (Remedy.RETRY, False)


@pytest.mark.parametrize(("code", "status"), [("20003", 401), ("30007", 400), ("30034", 400)])
def test_it_stops_the_channel_when_every_text_would_fail(server, twilio, code, status):
    twilio.behaviours[MEMBER] = refusing(int(code), status)
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.code) == (Remedy.STOP_CHANNEL, code)


def test_it_stops_the_channel_when_the_password_is_wrong(server):
    async def run() -> Outcome:
        channel = TwilioSms(ACCOUNT, "wrong", Sender(NUMBER), api_url=server[1])
        (outcome,) = await channel.send([NOTICE])
        await channel.close()
        return outcome

    assert refused(asyncio.run(run())).remedy is Remedy.STOP_CHANNEL


def test_it_never_condemns_a_number_for_an_error_it_does_not_know(server, twilio):
    twilio.behaviours[MEMBER] = refusing(29999)
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.permanent, error.message) == (Remedy.RETRY, False, "Twilio says 29999")


def test_it_passes_on_how_long_to_wait(server, twilio):
    twilio.behaviours[MEMBER] = refusing(20429, 429, Retry_After="7")
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.code, error.retry_after) == (Remedy.RETRY, "20429", 7.0)


UNCERTAIN = {
    "a failure of the server after it took the text": Behaviour(status=503, code=20503),
    "no answer in time": Behaviour(delay=3.0),
    "a connection that breaks off": Behaviour(drops=True),
    "an answer that drips in": Behaviour(drips=True),
    "an answer that is not JSON": Behaviour(body="<html>It worked!</html>"),
    "an answer without a SID": Behaviour(body="{}"),
    "an answer of the wrong shape": Behaviour(body="[]"),
    "a redirect": Behaviour(status=307, headers={"Location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize("behaviour", UNCERTAIN.values(), ids=UNCERTAIN)
def test_it_neither_repeats_nor_forgets_a_text_whose_fate_is_uncertain(server, twilio, behaviour):
    twilio.behaviours[MEMBER] = behaviour
    error = refused(sent(server[1], NOTICE)[0])
    assert (error.remedy, error.permanent) == (Remedy.RECONCILE, False)
    assert len(twilio.to(MEMBER)) == 1
    receipt = found(server[1], NOTICE, an_hour_ago())
    assert receipt == Receipt(str(twilio.to(MEMBER)[0]["sid"]))


def test_it_may_simply_repeat_what_never_left():
    error = refused(sent("http://127.0.0.1:1", NOTICE)[0])
    assert (error.remedy, error.code) == (Remedy.RETRY, "unreachable")


def test_it_finds_nothing_when_twilio_never_took_the_text(server, twilio):
    twilio.behaviours[MEMBER] = Behaviour(accepts=False, status=503, code=20503)
    assert refused(sent(server[1], NOTICE)[0]).remedy is Remedy.RECONCILE
    assert found(server[1], NOTICE, an_hour_ago()) is None


def test_it_does_not_take_another_text_to_the_same_number_for_this_one(server, twilio):
    sent(server[1], Notice("41-6", MEMBER, text="HPMLS: other words"))
    assert found(server[1], NOTICE, an_hour_ago()) is None


def test_it_does_not_take_yesterdays_text_for_this_one(server, twilio):
    sent(server[1], NOTICE)
    assert found(server[1], NOTICE, datetime.now(UTC) + timedelta(hours=1)) is None


def test_it_says_so_when_twilio_cannot_be_asked(server, twilio):
    twilio.is_down = True
    with pytest.raises(DeliveryError) as raised:
        found(server[1], NOTICE, an_hour_ago())
    assert raised.value.remedy is Remedy.RECONCILE


def test_it_ignores_proxies_of_the_environment(server, twilio, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert isinstance(sent(server[1], NOTICE)[0], Receipt)
