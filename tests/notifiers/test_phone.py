"""Calls to people on duty: what Twilio is asked, what is said, and what is never done twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from notifiers.base import DeliveryError, Notice, Receipt, Remedy
from notifiers.phone import TwilioPhone, spoken
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, Behaviour, fake_twilio, validated_twilio
from tests.doubles.twiml import read_twiml

LEAD = "+12025550103"
NOTICE = Notice("k3x9", LEAD, text="The dashboard cannot be reached. Press 1 to take it, 2 to pass it on.")
Result = TypeVar("Result")


def with_phone(url: str, work: Callable[[TwilioPhone], Awaitable[Result]], timeout: float = 2.0) -> Result:
    async def run() -> Result:
        phone = TwilioPhone(
            ACCOUNT,
            TOKEN,
            NUMBER,
            answer_url="https://status.example/hooks/twilio/calls/answer",
            status_url="https://status.example/hooks/twilio/calls/status",
            api_url=url,
            timeout=timeout,
        )
        try:
            return await work(phone)
        finally:
            await phone.close()

    return asyncio.run(run())


def test_it_asks_for_a_call_that_twilios_own_description_of_its_api_accepts():
    with validated_twilio() as (twilio, url):
        (receipt,) = with_phone(url, lambda phone: phone.send([NOTICE]), timeout=30.0)
    assert isinstance(receipt, Receipt)
    assert receipt.provider_id == twilio.calls[0]["sid"]
    (asked,) = twilio.requests
    assert (asked["To"], asked["From"]) == (LEAD, NUMBER)
    assert asked["StatusCallback"] == "https://status.example/hooks/twilio/calls/status?page=k3x9"


def test_the_words_are_said_twice_and_a_key_comes_back_to_us():
    root = read_twiml(spoken(NOTICE.text, "https://status.example/answer?page=k3x9").encode())
    gathers = root.findall("Gather")
    assert [gather.findtext("Say") for gather in gathers] == [NOTICE.text] * 2
    assert {gather.get("action") for gather in gathers} == {"https://status.example/answer?page=k3x9"}


def test_a_call_whose_answer_was_lost_is_found_in_twilios_log():
    with fake_twilio() as (twilio, url):
        twilio.behaviours[LEAD] = Behaviour(drops=True)
        (lost,) = with_phone(url, lambda phone: phone.send([NOTICE]))
        assert isinstance(lost, DeliveryError)
        assert lost.remedy is Remedy.RECONCILE
        found = with_phone(url, lambda phone: phone.find(NOTICE, datetime.now(UTC) - timedelta(minutes=5)))
        assert found == Receipt(str(twilio.calls[0]["sid"]))
        assert with_phone(url, lambda phone: phone.find(NOTICE, datetime.now(UTC) + timedelta(hours=1))) is None


def test_nothing_is_known_of_a_call_while_the_log_cannot_be_asked():
    with fake_twilio() as (twilio, url):
        twilio.is_down = True
        with pytest.raises(DeliveryError):
            with_phone(url, lambda phone: phone.find(NOTICE, datetime.now(UTC)))
