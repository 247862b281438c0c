"""Mail through SES: what is asked of it, and what its answers mean (notices.md, "Email")."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.email_ses import SesEmail
from tests.doubles.ses import FakeSes, environment, fake_ses, kept, local_ses

SENDER = "HPMLS alerts <alerts@hpmls-status.example>"
LEAVE = "https://hpmls-status.example/subscriptions/abc"
NOTICE = Notice(
    "41-7",
    "member@mls.example",
    subject="The dashboard is down",
    text="It is not just you.",
    html="<p>It is not <b>just</b> you.</p>",
    unsubscribe_url=LEAVE,
)


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSes]:
    with fake_ses() as (fake, url):
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        yield fake


def sent(*notices: Notice, configuration_set: str = "", timeout: float = 5.0) -> list[Outcome]:
    async def run() -> list[Outcome]:
        channel = SesEmail(SENDER, configuration_set, timeout=timeout)
        try:
            return list(await channel.send(notices))
        finally:
            await channel.close()

    return asyncio.run(run())


def refused(outcome: Outcome) -> DeliveryError:
    assert isinstance(outcome, DeliveryError)
    return outcome


def some_notices(count: int) -> list[Notice]:
    return [replace(NOTICE, delivery_id=f"41-{n}", address=f"member{n}@mls.example") for n in range(count)]


def test_it_sends_mail_that_a_ses_nobody_here_wrote_keeps(monkeypatch):
    with local_ses() as url:
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        spanish = replace(NOTICE, delivery_id="41-8", address="dos@mls.example", text="No es sólo usted.")
        outcomes = sent(replace(NOTICE, copy_to="manager@mls.example"), spanish, replace(NOTICE, address="nobody"))
        mails = kept(url)
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, True, False]
    assert [outcome.provider_id for outcome in outcomes[:2]] == [mail["messageId"] for mail in mails]  # type: ignore[union-attr]
    assert mails[0]["destination"] == {"to": ["member@mls.example"], "cc": ["manager@mls.example"], "bcc": []}
    assert mails[0]["body"] == {"text": NOTICE.text, "html": NOTICE.html}
    assert mails[1]["body"]["text"] == "No es sólo usted."
    assert mails[0]["subject"] == NOTICE.subject


def test_it_asks_ses_how_fast_it_may_send(ses, monkeypatch):
    async def asked() -> float:
        channel = SesEmail(SENDER)
        try:
            return await channel.per_second()
        finally:
            await channel.close()

    assert asyncio.run(asked()) == 14.0
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(DeliveryError):
        asyncio.run(asked())


def test_it_sends_fifty_mails_in_one_call(ses):
    outcomes = sent(*some_notices(SesEmail.batch))
    assert len(ses.calls) == 1
    assert [outcome.provider_id for outcome in outcomes] == [  # type: ignore[union-attr]
        f"id-member{n}@mls.example" for n in range(50)
    ]


def test_it_offers_to_unsubscribe_with_one_click(ses):
    sent(NOTICE)
    assert ses.calls[0]["BulkEmailEntries"][0]["ReplacementHeaders"] == [
        {"Name": "List-Unsubscribe", "Value": f"<{LEAVE}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]


def test_it_tags_each_mail_with_its_delivery_and_names_the_configuration_set(ses):
    (receipt,) = sent(NOTICE, configuration_set="outages")
    assert ses.calls[0]["ConfigurationSetName"] == "outages"
    assert ses.calls[0]["BulkEmailEntries"][0]["ReplacementTags"] == [{"Name": "delivery", "Value": "41-7"}]
    assert receipt == Receipt("id-member@mls.example", is_final=False)


def test_it_expects_to_hear_no_more_without_a_configuration_set(ses):
    assert sent(NOTICE) == [Receipt("id-member@mls.example", is_final=True)]
    assert "ConfigurationSetName" not in ses.calls[0]


def test_it_puts_no_line_break_into_a_subject(ses):
    sent(replace(NOTICE, subject="Down\r\nBcc: everyone@mls.example"))
    entry = ses.calls[0]["BulkEmailEntries"][0]["ReplacementEmailContent"]["ReplacementTemplate"]
    assert json.loads(entry["ReplacementTemplateData"])["subject"] == "Down Bcc: everyone@mls.example"


STATUSES = {
    "INVALID_PARAMETER": (Remedy.FIX_ADDRESS, True),
    "ACCOUNT_THROTTLED": (Remedy.RETRY, False),
    "TRANSIENT_FAILURE": (Remedy.RETRY, False),
    "FAILED": (Remedy.RETRY, False),
    "MESSAGE_REJECTED": (Remedy.RETRY, False),
    "A_WORD_FROM_THE_FUTURE": (Remedy.RETRY, False),
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": (Remedy.STOP_CHANNEL, False),
    "ACCOUNT_SUSPENDED": (Remedy.STOP_CHANNEL, False),
    "ACCOUNT_SENDING_PAUSED": (Remedy.STOP_CHANNEL, False),
    "CONFIGURATION_SET_SENDING_PAUSED": (Remedy.STOP_CHANNEL, False),
    "CONFIGURATION_SET_NOT_FOUND": (Remedy.STOP_CHANNEL, False),
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": (Remedy.STOP_CHANNEL, False),
    "INVALID_SENDING_POOL_NAME": (Remedy.STOP_CHANNEL, False),
    "TEMPLATE_NOT_FOUND": (Remedy.STOP_CHANNEL, False),
}


@pytest.mark.parametrize(("status", "meaning"), STATUSES.items())
def test_it_does_not_take_a_200_for_success(ses, status, meaning):
    ses.statuses["member1@mls.example"] = status
    before, error, after = sent(*some_notices(3))
    assert (refused(error).remedy, refused(error).permanent, refused(error).code) == (*meaning, status)
    assert isinstance(before, Receipt)
    assert isinstance(after, Receipt)


CALLS = {
    "TooManyRequestsException": (429, Remedy.RETRY),
    "LimitExceededException": (400, Remedy.RETRY),
    "AccountSuspendedException": (400, Remedy.STOP_CHANNEL),
    "SendingPausedException": (400, Remedy.STOP_CHANNEL),
    "MailFromDomainNotVerifiedException": (400, Remedy.STOP_CHANNEL),
    "InvalidClientTokenId": (403, Remedy.STOP_CHANNEL),
    "InternalFailure": (500, Remedy.RECONCILE),
    "ServiceUnavailable": (503, Remedy.RECONCILE),
}


@pytest.mark.parametrize(("error", "answer"), CALLS.items())
def test_it_calls_once_and_translates_the_refusal_of_a_whole_call(ses, error, answer):
    ses.status, ses.error = answer[0], error
    outcomes = sent(*some_notices(3))
    assert [refused(outcome).remedy for outcome in outcomes] == [answer[1]] * 3
    assert len(ses.calls) == 1


def test_it_does_not_let_one_malformed_mail_hold_up_the_others(ses):
    ses.status, ses.error, ses.only_with = 400, "BadRequestException", "member1@mls.example"
    before, error, after = sent(*some_notices(3))
    assert (refused(error).remedy, refused(error).permanent) == (Remedy.FIX_ADDRESS, True)
    assert isinstance(before, Receipt)
    assert isinstance(after, Receipt)


@pytest.mark.parametrize("habit", ["delay", "drops"])
def test_it_neither_repeats_nor_forgets_mail_whose_fate_is_uncertain(ses, habit):
    setattr(ses, habit, 3.0 if habit == "delay" else True)
    outcomes = sent(*some_notices(2), timeout=1.0)
    assert [refused(outcome).remedy for outcome in outcomes] == [Remedy.RECONCILE] * 2
    assert len(ses.calls) == 1


def test_it_may_simply_repeat_what_never_left(ses, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    error = refused(sent(NOTICE)[0])
    assert (error.remedy, error.code) == (Remedy.RETRY, "unreachable")


def test_it_stops_the_channel_without_credentials(ses, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert refused(sent(NOTICE)[0]).remedy is Remedy.STOP_CHANNEL
