"""Signing up while the disk is full, while keys change, and where a channel has no provider."""

from datetime import UTC, datetime

import pytest

from app.commands.subscriber_records import change_keys
from app.deliver.confirmations import send_owed_confirmations
from app.domain.channels import Channel
from app.domain.subscribers import SubscriptionStatus
from app.store.session import Database
from app.store.signed_links import Links
from app.store.subscribers import subscription_by_address, subscription_rows
from app.store.vault import Vault
from app.web.subscribe import SignUpParts, build_sign_up
from app.web.subscriptions import router
from tests.commands.sign_ups import MAILBOX, NUMBER
from tests.deliver.test_database_faults import full_disk
from tests.web.sign_up_site import SITE, Clock, Site

OLD, NEW = "an old secret of thirty-two signs", "a new secret of thirty-two signs"


@pytest.fixture
def site(database) -> Site:
    return Site(database, Clock(datetime.now(UTC)))


def test_a_full_disk_is_told_in_words_and_leaves_nothing_half_done(sqlite_url):
    database = Database.open(sqlite_url)
    site = Site(database, Clock(datetime.now(UTC)))
    answers = []
    with full_disk(database):
        while len(answers) < 60 and (not answers or answers[-1].status_code == 303):
            number = len(answers)
            client = site.browser(f"198.51.100.{number}")
            answers.append(site.sign_up(f"a{number}@{'x' * 60}.example", client=client))
    assert answers[-1].status_code == 503
    assert "Nothing was changed; try again in a minute." in answers[-1].text
    assert all("Traceback" not in answer.text for answer in answers)
    taken = [answer for answer in answers if answer.status_code == 303]
    with database.read() as session:
        assert len(subscription_rows(session)) == len(taken)
    assert len(site.delivered()) == len(taken)
    database.close()


def rotated(site: Site, *secrets: str) -> Site:
    """The same site after a restart with these keys."""
    site.links = Links(Vault(*secrets), SITE)
    parts = SignUpParts(site.database, site.links, site.clock)
    site.app = build_sign_up(parts, secure=False, more=[router])
    site.client = site.browser()
    return site


def test_a_sign_up_begun_under_one_key_is_confirmed_under_the_next(site):
    rotated(site, OLD)
    ticket = site.sign_up(NUMBER).headers["location"].partition("to=")[2]
    (by_text,) = site.delivered()
    site.sign_up(MAILBOX)
    (by_mail,) = site.delivered()
    rotated(site, NEW, OLD)
    assert site.client.post(by_mail.link.removeprefix(SITE)).status_code == 303
    with site.database.transaction() as session:
        change_keys(session, site.links.vault)
    answer = site.client.post("/subscribe/confirmation", data={"ticket": ticket, "code": by_text.code})
    assert answer.status_code == 303, answer.text
    with site.database.read() as session:
        for channel, address in ((Channel.SMS, NUMBER), (Channel.EMAIL, MAILBOX)):
            row = subscription_by_address(session, Vault(NEW), channel, address)
            assert row.status == SubscriptionStatus.ACTIVE
            assert Vault(NEW).open(row.address_cipher) == address


def test_a_challenge_begun_under_one_key_is_sent_and_proved_under_the_next(site):
    rotated(site, OLD)
    site.sign_up("https://hooks.mls.example/x")
    rotated(site, NEW, OLD)
    with site.database.transaction() as session:
        change_keys(session, site.links.vault)
    asked = []
    send_owed_confirmations(site.database, site.links, asked.append, now=site.clock())
    assert asked[0].secret.startswith("whsec_")
    assert site.client.post(asked[0].link.removeprefix(SITE)).status_code == 303


@pytest.mark.parametrize(
    ("able", "label", "taken", "refused"),
    [
        ({Channel.EMAIL, Channel.WEBHOOK}, "Email address", MAILBOX, "(202) 555-0142"),
        ({Channel.SMS}, "Mobile number", "(202) 555-0142", MAILBOX),
        ({Channel.WEBHOOK}, "Address of a chat or a program", "https://hooks.mls.example/x", MAILBOX),
    ],
)
def test_only_channels_that_can_send_are_offered_and_taken(site, able, label, taken, refused):
    parts = SignUpParts(site.database, site.links, site.clock, channels=frozenset(able))
    site.app = build_sign_up(parts, secure=False, more=[router])
    site.client = site.browser()
    assert f'<label for="address">{label}</label>' in site.client.get("/subscribe").text
    answer = site.sign_up(refused)
    assert answer.status_code == 422
    assert "We cannot send to this kind of address." in answer.text
    assert site.sign_up(taken).status_code == 303


@pytest.mark.parametrize(("schemes", "status"), [(["discord"], 303), (["tgram"], 422), ([], 422)])
def test_another_chat_is_taken_where_the_installation_allows_its_kind(site, schemes, status):
    parts = SignUpParts(site.database, site.links, site.clock, apprise_schemes=schemes)
    site.app = build_sign_up(parts, secure=False, more=[router])
    site.client = site.browser()
    assert ("discord://" in site.client.get("/subscribe").text) is (schemes == ["discord"])
    assert site.sign_up("Discord://hook/token").status_code == status
    assert site.sign_up("file:" + "///etc/passwd").status_code == 422
    assert [asked.address for asked in site.delivered()] == ["discord://hook/token"] * (status == 303)
