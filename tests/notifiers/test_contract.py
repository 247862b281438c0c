"""The contract of notifiers/base.py, which every channel keeps: one suite for all of them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from apprise.plugins.discord import NotifyDiscord

from notifiers.apprise import Apprise
from notifiers.base import DeliveryError, Notice, Notifier, NullNotifier, Outcome, Receipt, Remedy
from notifiers.email_ses import SesEmail
from notifiers.email_smtp import Relay, SmtpEmail
from notifiers.http import Guard, GuardedClient
from notifiers.phone import TwilioPhone
from notifiers.slack import Slack
from notifiers.sms import Sender, TwilioSms
from notifiers.statuspage_webhook import StatuspageWebhook
from notifiers.teams import Teams
from notifiers.webhook import SignedWebhook
from tests.doubles.chat import Chat
from tests.doubles.receiver import FakeDns, Receiver, receiving
from tests.doubles.serving import serving
from tests.doubles.ses import environment, fake_ses
from tests.doubles.smtp import mail_server
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, Behaviour, fake_twilio

pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")

TIMEOUT = 3.0
SECRET = "whsec_" + "c2VjcmV0" * 4
WORDS = "HPMLS: the dashboard is down."


@dataclass(frozen=True, slots=True)
class Rig:
    """One channel before its double.

    `make` gives a fresh channel; `unreachable` one to a provider that is not there (None where there
    is none to reach). `address` is of the n-th member. `hang` makes the provider silent. `can_tell`
    is off where a failure has no cause and nobody can be asked about the past.
    """

    make: Callable[[], Notifier]
    unreachable: Callable[[], Notifier] | None
    address: Callable[[int], str]
    hang: Callable[[], None]
    can_tell: bool = True


def null_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(lambda: NullNotifier("sms", lambda *_: None), None, lambda n: f"member {n}", lambda: None)


def sms_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    fake, url = stack.enter_context(fake_twilio())

    def make(url: str = url) -> Notifier:
        return TwilioSms(ACCOUNT, TOKEN, Sender(NUMBER), api_url=url, timeout=TIMEOUT)

    def hang() -> None:
        fake.behaviours.update({address(n): Behaviour(delay=TIMEOUT * 2) for n in range(3)})

    def address(number: int) -> str:
        return f"+1202555010{number}"

    return Rig(make, lambda: make("http://127.0.0.1:1"), address, hang)


def phone_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    fake, url = stack.enter_context(fake_twilio())
    ours = {"answer_url": "https://status.example/answer", "status_url": "https://status.example/status"}

    def make(url: str = url) -> Notifier:
        return TwilioPhone(ACCOUNT, TOKEN, NUMBER, **ours, api_url=url, timeout=TIMEOUT)

    def hang() -> None:
        fake.behaviours.update({address(n): Behaviour(delay=TIMEOUT * 2) for n in range(3)})

    def address(number: int) -> str:
        return f"+1202555010{number}"

    return Rig(make, lambda: make("http://127.0.0.1:1"), address, hang)


def ses_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    fake, url = stack.enter_context(fake_ses())
    for name, value in environment(url).items():
        monkeypatch.setenv(name, value)

    def unreachable() -> Notifier:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        return SesEmail("alerts@hpmls-status.example", timeout=TIMEOUT)

    def hang() -> None:
        fake.delay = TIMEOUT * 2

    return Rig(lambda: SesEmail("alerts@hpmls-status.example", timeout=TIMEOUT), unreachable, a_mailbox, hang)


def smtp_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    server = stack.enter_context(mail_server(folder))

    def make(relay: Relay = server.relay) -> Notifier:
        tls = server.certificate.client_context()
        return SmtpEmail(relay, "alerts@hpmls-status.example", timeout=TIMEOUT, tls=tls)

    def hang() -> None:
        server.delay = TIMEOUT * 2

    return Rig(make, lambda: make(Relay("127.0.0.1", 1)), a_mailbox, hang)


def a_mailbox(number: int) -> str:
    return f"member{number}@mls.example"


def hook_rig(kind: Callable[[GuardedClient], Notifier], host: str) -> Callable[..., Rig]:
    def rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
        receiver: Receiver = stack.enter_context(receiving(folder))

        def unreachable() -> Notifier:
            return kind(GuardedClient(Guard(ports={receiver.port}, timeout=TIMEOUT, resolver=lambda: FakeDns({}))))

        def hang() -> None:
            receiver.delay = TIMEOUT * 2

        return Rig(
            lambda: kind(GuardedClient(receiver.guard(TIMEOUT))),
            unreachable,
            lambda n: receiver.url(host, f"/{n}"),
            hang,
        )

    return rig


def apprise_rig(stack: ExitStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    chat = Chat()
    app = web.Application()
    app.router.add_post("/{path:.*}", chat.answer)
    port = stack.enter_context(serving(app))
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{port}")

    def unreachable() -> Notifier:
        monkeypatch.setattr(NotifyDiscord, "notify_url", "http://127.0.0.1:1")
        return Apprise({"discord"}, timeout=TIMEOUT)

    def hang() -> None:
        chat.delay = TIMEOUT * 2

    def make() -> Notifier:
        return Apprise({"discord"}, timeout=TIMEOUT)

    return Rig(make, unreachable, lambda n: f"discord://{n}hook/token", hang, can_tell=False)


RIGS: dict[str, Callable[..., Rig]] = {
    "null": null_rig,
    "sms": sms_rig,
    "phone": phone_rig,
    "email by SES": ses_rig,
    "email by SMTP": smtp_rig,
    "webhook": hook_rig(SignedWebhook, "hooks.mls.example"),
    "statuspage webhook": hook_rig(StatuspageWebhook, "hooks.mls.example"),
    "slack": hook_rig(Slack, "hooks.slack.com"),
    "other chats": apprise_rig,
    "teams": hook_rig(Teams, "prod-11.westus.logic.azure.com"),
}


@pytest.fixture(params=RIGS.values(), ids=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield request.param(stack, tmp_path, monkeypatch)


def notices(rig: Rig, count: int = 3) -> list[Notice]:
    blank = Notice("", "", subject="Down", text=WORDS, html=f"<p>{WORDS}</p>", payload={"words": WORDS}, secret=SECRET)
    return [replace(blank, delivery_id=f"41-{n}", address=rig.address(n)) for n in range(count)]


def sent(channel: Notifier, given: list[Notice]) -> list[Outcome]:
    async def run() -> list[Outcome]:
        try:
            return list(await channel.send(given))
        finally:
            await channel.close()

    return asyncio.run(run())


def test_it_gives_one_receipt_for_each_notice(rig):
    outcomes = sent(rig.make(), notices(rig))
    assert all(isinstance(outcome, Receipt) and outcome.provider_id for outcome in outcomes)
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Receipt)}) == 3


def test_it_has_nothing_to_say_about_nothing(rig):
    assert sent(rig.make(), []) == []


def test_it_has_a_name_and_says_how_many_it_takes(rig):
    channel = rig.make()
    asyncio.run(channel.close())
    assert channel.name.isidentifier()
    assert 1 <= channel.batch <= 1000


def test_it_answers_for_every_notice_when_the_provider_is_not_there(rig):
    if rig.unreachable is None:
        return
    errors = sent(rig.unreachable(), notices(rig))
    assert [type(error) for error in errors] == [DeliveryError] * 3
    meant = (Remedy.RETRY, False) if rig.can_tell else (Remedy.RECONCILE, True)
    assert {(error.remedy, error.permanent) for error in errors} == {meant}  # type: ignore[union-attr]


def test_it_comes_back_in_bounded_time_from_a_provider_that_is_silent(rig):
    rig.hang()
    began = time.monotonic()
    outcomes = sent(rig.make(), notices(rig))
    assert time.monotonic() - began < TIMEOUT * 4
    assert len(outcomes) == 3


def test_it_tells_people_what_went_wrong_without_telling_whom(rig):
    if rig.unreachable is None:
        return
    given = notices(rig)
    for notice, error in zip(given, sent(rig.unreachable(), given), strict=True):
        assert isinstance(error, DeliveryError)
        assert error.message.endswith(".")
        assert notice.address not in f"{error.message} {error.code} {error!r}"


def test_it_finds_nothing_that_was_never_sent(rig):
    async def run() -> Receipt | None:
        channel = rig.make()
        try:
            return await channel.find(notices(rig)[0], datetime.now(UTC) - timedelta(hours=1))
        finally:
            await channel.close()

    if rig.can_tell:
        assert asyncio.run(run()) is None
        return
    with pytest.raises(DeliveryError) as refused:
        asyncio.run(run())
    assert refused.value.permanent


def test_it_can_be_closed_without_having_been_used(rig):
    asyncio.run(rig.make().close())


def test_a_null_channel_shows_in_the_tray_what_would_have_been_sent():
    tray: list[tuple[str, Notice]] = []
    channel = NullNotifier("email", lambda name, notice: tray.append((name, notice)))
    given = [Notice("41-1", "a@mls.example", text=WORDS), Notice("41-2", "b@mls.example", text=WORDS)]
    outcomes = sent(channel, given)
    assert tray == [("email", given[0]), ("email", given[1])]
    assert asyncio.run(channel.find(given[1], datetime.now(UTC))) == outcomes[1]
