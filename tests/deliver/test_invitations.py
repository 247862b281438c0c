"""An invitation is mailed once, by whatever mail is configured; the link in it works."""

import time
from collections.abc import Iterator

import pytest

from app.asking import invitation_writer
from app.commands.accounts import add_account
from app.commands.invitations import accept, invite, withdraw_invitation
from app.deliver.invitations import send_owed_invitations
from app.domain.accounts import Role
from app.engine import Engine
from app.outside import Inviting
from app.publish.publisher import Publisher
from app.queueing import enqueue_confirmations
from app.store.invitations import INVITATION
from app.worker import Channels, Worker
from notifiers.base import Notice, NullNotifier
from tests.commands.sign_ups import VAULT
from tests.commands.world import build
from tests.deliver.world import compose, now

CONSOLE = "https://console.mls.example"
DEV = "dev@mls.example"


@pytest.fixture
def ada(database):
    """An administrator."""
    with database.transaction() as session:
        build(session)
        return add_account(session, "ada@mls.example", "Ada", Role.ADMINISTRATOR, "gravel otter teapot", now=now())


@pytest.fixture
def tray(database, ada) -> Iterator[list[tuple[str, Notice]]]:
    """What a running worker sends on this database."""
    kept: list[tuple[str, Notice]] = []
    engine = Engine(database)
    engine.prepare()
    database.before_commit.append(enqueue_confirmations(engine))
    publisher = Publisher(database, [], lambda _: [], public_url="https://status.example", owner="one", clock=now)
    channels = Channels(
        {"email": NullNotifier("email", lambda *item: kept.append(item))},
        compose,
        inviting=Inviting(VAULT, CONSOLE, invitation_writer(database)),
    )
    worker = Worker(database, engine, publisher, clock=now, channels=channels)
    worker.start()
    yield kept
    worker.stop()


def ask(database, ada):
    """Invite Dev."""
    with database.transaction() as session:
        return invite(session, DEV, "Dev <b>Osei</b>", Role.COMMANDER, by=ada, now=now())


@pytest.mark.slow
def test_the_worker_mails_the_link_and_the_link_works(database, ada, tray):
    ask(database, ada)
    deadline = time.monotonic() + 30
    while not tray:
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    ((_, mail),) = tray
    assert mail.address == DEV
    assert "as commander" in mail.text
    assert "<b>" not in mail.html, "a name is not markup"
    token = mail.text.partition(f"{CONSOLE}{INVITATION}")[2].split()[0]
    with database.transaction() as session:
        account = accept(session, VAULT, token, "Dev Osei", "another quiet harbour", now=now())
    assert account.role is Role.COMMANDER


def test_it_is_handed_over_once_and_not_after_it_was_withdrawn(database, ada):
    ask(database, ada)
    sent = []
    with pytest.raises(ConnectionError):
        send_owed_invitations(database, VAULT, CONSOLE, fail, now=now())
    assert send_owed_invitations(database, VAULT, CONSOLE, sent.append, now=now()) == 0
    second = ask(database, ada)
    with database.transaction() as session:
        withdraw_invitation(session, second.id, now=now())
    assert send_owed_invitations(database, VAULT, CONSOLE, sent.append, now=now()) == 0
    ask(database, ada)
    assert send_owed_invitations(database, VAULT, CONSOLE, sent.append, now=now()) == 1


def fail(_invitation) -> None:
    raise ConnectionError
