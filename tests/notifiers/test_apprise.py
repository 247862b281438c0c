"""Other chats through Apprise: what is posted, and what is never handed to the library."""

import asyncio
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from apprise.plugins.discord import NotifyDiscord

from app.domain.hooks import CHAT_SCHEMES
from notifiers.apprise import PLUGINS, Apprise
from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from tests.doubles.chat import Chat
from tests.doubles.serving import serving

NOTICE = Notice("41-7", "discord://hook/token", subject="Dashboard down", text="HPMLS: use the direct links.")


@pytest.fixture
def chat(monkeypatch) -> Iterator[Chat]:
    double = Chat()
    app = web.Application()
    app.router.add_post("/{path:.*}", double.answer)
    with serving(app) as port:
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{port}")
        yield double


def sent(notice: Notice, schemes: Collection[str] = PLUGINS) -> Outcome:
    async def run() -> Outcome:
        channel = Apprise(schemes, timeout=2.0)
        try:
            return (await channel.send([notice]))[0]
        finally:
            await channel.close()

    return asyncio.run(run())


def test_it_posts_subject_and_words(chat):
    assert sent(NOTICE) == Receipt("41-7", is_final=True)
    ((path, body),) = chat.posted
    assert path == "/hook/token"
    assert "Dashboard down" in str(body)
    assert "use the direct links" in str(body)


@pytest.mark.parametrize("status", [404, 429, 500])
def test_what_a_chat_did_not_take_is_unclear_for_good(chat, status):
    chat.status = status
    error = sent(NOTICE)
    assert isinstance(error, DeliveryError)
    assert (error.remedy, error.permanent) == (Remedy.RECONCILE, True)
    assert "not sent a second time" in error.message


def test_nobody_can_be_asked_whether_a_chat_took_it():
    async def ask() -> None:
        channel = Apprise(PLUGINS)
        try:
            await channel.find(NOTICE, datetime.now(UTC))
        finally:
            await channel.close()

    with pytest.raises(DeliveryError) as refused:
        asyncio.run(ask())
    assert refused.value.permanent


FORBIDDEN = [
    "file:" + "///tmp/porchlight",
    "exec:///bin/true",
    "syslog://localhost",
    "dbus://",
    "json://127.0.0.1/x",
    "xml://127.0.0.1/x",
    "form://127.0.0.1/x",
    "mailto://user:word@127.0.0.1",
    "discord://hook/token?retry=100&wait=1000",
    "discord",
    "://",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_it_never_hands_over_what_could_lead_elsewhere(chat, address):
    everything = {address.partition(":")[0], *PLUGINS}
    error = sent(Notice("41-7", address, subject="x", text="x"), everything)
    assert isinstance(error, DeliveryError)
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, "refused")
    assert chat.posted == []


def test_it_is_off_for_every_kind_that_is_not_allowed(chat):
    assert isinstance(sent(NOTICE, {"tgram"}), DeliveryError)
    assert isinstance(sent(NOTICE, set()), DeliveryError)
    assert chat.posted == []


@pytest.mark.parametrize("scheme", PLUGINS)
def test_its_kinds_post_to_one_host_of_their_vendor(scheme):
    target = urlsplit(PLUGINS[scheme].notify_url)
    assert target.scheme == "https"
    assert "{" not in target.netloc


def test_the_setting_knows_the_same_kinds():
    assert PLUGINS.keys() == CHAT_SCHEMES
