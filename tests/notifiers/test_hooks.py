"""Webhooks, signed and Statuspage-shaped, Slack and Teams: what is posted, and what answers mean."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain.hooks import SLACK_HOSTS, TEAMS_DOMAINS, new_secret
from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.hooks import HookNotifier, failure_of
from notifiers.http import Answer, GuardedClient
from notifiers.slack import HOSTS, Slack
from notifiers.statuspage_webhook import StatuspageWebhook
from notifiers.teams import DOMAINS, Teams
from notifiers.webhook import SignedWebhook
from tests.doubles.receiver import Receiver, receiving

SECRET = new_secret()
SLACK, TEAMS = "hooks.slack.com", "prod-11.westus.logic.azure.com"


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiving(tmp_path_factory.mktemp("certificate")) as receiver:
        yield receiver


@pytest.fixture
def receiver(receivers: Receiver) -> Receiver:
    receivers.reset()
    return receivers


def client_of(receiver: Receiver) -> GuardedClient:
    return GuardedClient(receiver.guard(timeout=1.0))


def sent(channel: HookNotifier, *notices: Notice) -> list[Outcome]:
    async def run() -> list[Outcome]:
        try:
            return list(await channel.send(notices))
        finally:
            await channel.close()

    return asyncio.run(run())


def refused(outcome: Outcome) -> DeliveryError:
    assert isinstance(outcome, DeliveryError)
    return outcome


def a_notice(receiver: Receiver, host: str = "hooks.mls.example", **fields: object) -> Notice:
    payload = {"page": {"status_indicator": "major"}, "words": "Está caído - “down”"}
    return replace(Notice("41-7", receiver.url(host), payload=payload, secret=SECRET), **fields)  # type: ignore[arg-type]


def test_it_signs_a_webhook_so_that_the_receivers_own_library_accepts_it(receiver):
    notice = a_notice(receiver)
    assert sent(SignedWebhook(client_of(receiver)), notice) == [Receipt("41-7", is_final=True)]
    came = receiver.received[0]
    told = Webhook(SECRET).verify(came.body, dict(came.headers))
    assert told == notice.payload
    assert came.headers["webhook-id"] == "41-7"


def test_it_signs_for_each_receiver_with_a_secret_of_its_own(receiver):
    sent(SignedWebhook(client_of(receiver)), a_notice(receiver))
    came = receiver.received[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(came.body, dict(came.headers))


def test_it_posts_the_statuspage_shape_as_it_is(receiver):
    notice = a_notice(receiver)
    sent(StatuspageWebhook(client_of(receiver)), notice)
    assert json.loads(receiver.received[0].body) == notice.payload
    assert receiver.received[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [404, 410])
def test_it_gives_up_a_hook_that_no_longer_exists(receiver, status):
    receiver.status = status
    error = refused(sent(SignedWebhook(client_of(receiver)), a_notice(receiver))[0])
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, str(status))
    assert error.message == "This hook no longer exists."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_gives_up_a_hook_that_redirects(receiver, status):
    receiver.status, receiver.headers = status, {"Location": receiver.url(path="/elsewhere")}
    error = refused(sent(StatuspageWebhook(client_of(receiver)), a_notice(receiver))[0])
    assert (error.remedy, error.permanent) == (Remedy.FIX_ADDRESS, True)
    assert len(receiver.received) == 1


def test_it_waits_as_long_as_a_receiver_asks(receiver):
    receiver.status, receiver.headers = 429, {"Retry-After": "30"}
    error = refused(sent(SignedWebhook(client_of(receiver)), a_notice(receiver))[0])
    assert (error.remedy, error.permanent, error.retry_after) == (Remedy.RETRY, False, 30.0)


@pytest.mark.parametrize("habit", ["delay", "drops", "status"])
def test_it_simply_repeats_an_uncertain_webhook_because_the_id_is_the_same(receiver, habit):
    setattr(receiver, habit, {"delay": 3.0, "drops": True, "status": 503}[habit])
    error = refused(sent(SignedWebhook(client_of(receiver)), a_notice(receiver))[0])
    assert (error.remedy, error.permanent) == (Remedy.RETRY, False)


@pytest.mark.parametrize("habit", ["delay", "drops", "status"])
def test_it_does_not_repeat_an_uncertain_post_to_slack(receiver, habit):
    setattr(receiver, habit, {"delay": 3.0, "drops": True, "status": 503}[habit])
    error = refused(sent(Slack(client_of(receiver)), a_notice(receiver, SLACK, subject="Down", text="Down."))[0])
    assert error.remedy is Remedy.RECONCILE


def test_one_dead_receiver_does_not_hold_up_the_others(receiver):
    gone = replace(a_notice(receiver), address=f"https://gone.example:{receiver.port}/hook", delivery_id="41-8")
    outcomes = sent(SignedWebhook(client_of(receiver)), gone, a_notice(receiver))
    assert refused(outcomes[0]).remedy is Remedy.RETRY
    assert isinstance(outcomes[1], Receipt)


def test_it_posts_blocks_to_slack_in_which_nothing_typed_is_markup(receiver):
    notice = a_notice(receiver, SLACK, subject="<!channel> down", text="R&D <https://evil.example|click>")
    assert isinstance(sent(Slack(client_of(receiver)), notice)[0], Receipt)
    posted = json.loads(receiver.received[0].body)
    assert posted["text"] == "&lt;!channel&gt; down"
    assert posted["blocks"][1]["text"] == {"type": "mrkdwn", "text": "R&amp;D &lt;https://evil.example|click&gt;"}


def test_it_keeps_within_what_slack_takes(receiver):
    notice = a_notice(receiver, SLACK, subject="d" * 400, text="&" * 2000)
    sent(Slack(client_of(receiver)), notice)
    heading, section = json.loads(receiver.received[0].body)["blocks"]
    assert len(heading["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000
    assert section["text"]["text"].removesuffix("...").endswith("&amp;")


def test_it_posts_an_adaptive_card_to_teams(receiver):
    notice = a_notice(receiver, TEAMS, subject="Dashboard is down", text="First.\n\nSecond.", language="es")
    receiver.status = 202
    assert isinstance(sent(Teams(client_of(receiver)), notice)[0], Receipt)
    message = json.loads(receiver.received[0].body)
    card = message["attachments"][0]["content"]
    assert message["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["body"]] == ["Dashboard is down", "First.", "Second."]
    assert (card["type"], card["lang"]) == ("AdaptiveCard", "es")


def test_it_keeps_within_what_teams_takes(receiver):
    sent(Teams(client_of(receiver)), a_notice(receiver, TEAMS, subject="Down", text="\U0001f525" * 25_000))
    assert len(receiver.received[0].body) <= 28 * 1024


@pytest.mark.parametrize("kind", [Slack, Teams])
@pytest.mark.parametrize("host", ["hooks.mls.example", "hooks.slack.com.evil.example", "evil-logic.azure.com"])
def test_it_posts_chat_messages_only_to_the_chats_own_hosts(receiver, kind, host):
    receiver.names[host] = ["127.0.0.1"]
    error = refused(sent(kind(client_of(receiver)), a_notice(receiver, host))[0])
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, "refused")
    assert not receiver.received


@pytest.mark.parametrize("status", [400, 401, 403, 405, 413, 422])
def test_it_asks_for_another_address_when_a_receiver_refuses_for_good(status):
    error = failure_of(Answer(status, {}, b""), repeatable=True)
    assert error is not None
    assert (error.remedy, error.permanent) == (Remedy.FIX_ADDRESS, True)


@pytest.mark.parametrize("status", [408, 425])
def test_it_tries_again_when_a_receiver_was_not_ready(status):
    error = failure_of(Answer(status, {}, b""), repeatable=False)
    assert error is not None
    assert error.remedy is Remedy.RETRY


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_it_takes_every_success_for_one(status):
    assert failure_of(Answer(status, {}, b""), repeatable=False) is None


def test_it_signs_nothing_without_a_secret(receiver):
    error = refused(sent(SignedWebhook(client_of(receiver)), a_notice(receiver, secret=""))[0])
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, "no_secret")
    assert receiver.received == []


@pytest.mark.parametrize("kind", [SignedWebhook, StatuspageWebhook])
def test_it_takes_a_challenge_for_proved_only_when_its_token_comes_back(receiver, kind):
    asked = a_notice(receiver, challenge="the-token")
    error = refused(sent(kind(client_of(receiver)), asked)[0])
    assert (error.permanent, error.code) == (True, "unproved")
    for echo in (b'{"data": {"token": "the-token"}}', b"[1]", b"\xff", b"the-token and more"):
        receiver.body = echo
        assert refused(sent(kind(client_of(receiver)), asked)[0]).code == "unproved"
    for answer in (b'{"token": "the-token"}', b"the-token\n", b'"the-token"'):
        receiver.body = answer
        assert isinstance(sent(kind(client_of(receiver)), asked)[0], Receipt)


def test_it_posts_every_body_of_a_notice_in_order(receiver):
    notice = a_notice(receiver, payload={"incident": 1}, more=({"component": 2}, {"component": 3}))
    assert isinstance(sent(StatuspageWebhook(client_of(receiver)), notice)[0], Receipt)
    bodies = [json.loads(came.body) for came in receiver.received]
    assert bodies == [{"incident": 1}, {"component": 2}, {"component": 3}]


def test_it_knows_the_chats_by_the_hosts_that_their_notifiers_accept():
    assert SLACK_HOSTS == HOSTS
    assert TEAMS_DOMAINS == DOMAINS
