"""Signing up a program or a chat: proved by its owner, never a way into a private network, alike for all."""

import html
import re
from datetime import UTC, datetime

import pytest

from app.domain.channels import Channel
from app.domain.hooks import without_secret
from app.domain.subscribers import SubscriptionStatus
from app.store.subscribers import subscription_by_address
from tests.commands.sign_ups import VAULT
from tests.web.sign_up_site import Clock, Site, hidden_field

HOOK = "https://hooks.mls.example/outages?for=us"
SLACK = "https://hooks.slack.com/services/T0/B0/secret"
TEAMS = "https://prod-11.westus.logic.azure.com/workflows/1/triggers"


@pytest.fixture
def site(database) -> Site:
    return Site(database, Clock(datetime.now(UTC)))


def row_of(site: Site, channel: Channel, address: str):
    with site.database.read() as session:
        return subscription_by_address(session, VAULT, channel, address)


def shown_secret(page: str) -> str:
    return html.unescape(re.search(r'<code class="secret">([^<]+)</code>', page)[1])


def test_a_program_is_shown_its_secret_once_and_asked_with_it(site):
    answer = site.sign_up(HOOK)
    page = site.client.get(answer.headers["location"])
    (asked,) = site.delivered()
    assert (asked.channel, asked.address) == (Channel.WEBHOOK, HOOK)
    assert asked.secret == shown_secret(page.text)
    assert asked.token in asked.link
    assert row_of(site, Channel.WEBHOOK, HOOK).status == SubscriptionStatus.PENDING


def test_its_owner_may_confirm_by_the_link_in_the_challenge_instead(site):
    site.sign_up(HOOK)
    (asked,) = site.delivered()
    path = asked.link.removeprefix("http://status.example")
    assert site.client.get(path).status_code == 200
    manage = site.client.post(path).headers["location"]
    row = row_of(site, Channel.WEBHOOK, HOOK)
    assert row.status == SubscriptionStatus.ACTIVE
    assert without_secret(VAULT.open(row.address_cipher)) == (HOOK, asked.secret)
    page = site.client.get(manage).text
    assert asked.secret not in page
    assert "https://hooks.mls.example/•••" in page


def test_its_signed_link_ends_it(site):
    site.sign_up(HOOK)
    (asked,) = site.delivered()
    site.client.post(asked.link.removeprefix("http://status.example"))
    stopped = site.client.post(asked.stop.removeprefix("http://status.example"), data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    assert row_of(site, Channel.WEBHOOK, HOOK).status == SubscriptionStatus.OPTED_OUT


@pytest.mark.parametrize(
    ("address", "fields", "channel"),
    [
        (HOOK, {}, Channel.WEBHOOK),
        (HOOK, {"shape": "statuspage"}, Channel.STATUSPAGE),
        (SLACK, {"shape": "statuspage"}, Channel.SLACK),
        (TEAMS, {}, Channel.TEAMS),
        ("HTTPS://Hooks.MLS.example/outages?for=us#top", {}, Channel.WEBHOOK),
    ],
)
def test_an_address_says_which_channel_it_is_for(site, address, fields, channel):
    assert site.sign_up(address, **fields).status_code == 303
    assert site.delivered()[0].channel is channel


NOT_OURS = [
    "http://hooks.mls.example/x",
    "https://hooks.mls.example:8443/x",
    "https://user:word@hooks.mls.example/x",
    "https://localhost/x",
    "https://intranet/x",
    "https://printer.local/x",
    "https://127.0.0.1/x",
    "https://10.1.2.3/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[64:ff9b::a00:1]/x",
    "https://",
    "https://[/x",
    "ftp://hooks.mls.example/x",
    "file:" + "///etc/passwd",
    "json://hooks.mls.example",
    "javascript://alert(1)",
]


@pytest.mark.parametrize("address", NOT_OURS)
def test_an_address_that_must_never_be_called_is_refused_in_words(site, address):
    answer = site.sign_up(address)
    assert answer.status_code == 422
    assert 'id="address-problem"' in answer.text
    assert site.delivered() == []


def test_a_chat_confirms_by_the_button_behind_its_link(site):
    page = site.client.get(site.sign_up(SLACK).headers["location"]).text
    assert "a link is posted there" in page
    assert "whsec_" not in page
    (asked,) = site.delivered()
    assert site.client.post(asked.link.removeprefix("http://status.example")).status_code == 303
    assert row_of(site, Channel.SLACK, SLACK).status == SubscriptionStatus.ACTIVE


def test_a_known_and_an_unknown_address_are_answered_alike(site):
    site.sign_up(HOOK)
    site.client.post(site.delivered()[0].link.removeprefix("http://status.example"))
    known, unknown = site.sign_up(HOOK), site.sign_up("https://hooks.mls.example/outages?for=me")
    assert known.status_code == unknown.status_code == 303
    assert len(known.headers["location"]) == len(unknown.headers["location"])
    pages = [site.client.get(answer.headers["location"]).text for answer in (known, unknown)]
    blank = [re.sub(r'whsec_[^<]+|name="ticket" value="[^"]+"', "", page) for page in pages]
    assert blank[0] == blank[1]


def test_somebody_else_cannot_learn_or_change_the_secret_of_a_subscription(site):
    site.sign_up(HOOK)
    (asked,) = site.delivered()
    site.client.post(asked.link.removeprefix("http://status.example"))
    other = shown_secret(site.client.get(site.sign_up(HOOK).headers["location"]).text)
    assert other != asked.secret
    assert without_secret(VAULT.open(row_of(site, Channel.WEBHOOK, HOOK).address_cipher))[1] == asked.secret


def test_the_challenge_can_be_asked_for_again_within_the_limits_of_the_address(site):
    answer = site.sign_up(HOOK)
    ticket = answer.headers["location"].partition("to=")[2]
    sent = len(site.delivered())
    pages = set()
    for _ in range(8):
        again = site.client.post("/subscribe/challenges", data={"ticket": ticket})
        assert again.status_code == 200
        pages.add(again.text)
        sent += len(site.delivered())
    assert sent == 3
    assert len(pages) == 1


def test_a_ticket_of_a_person_asks_no_program(site):
    ticket = site.sign_up("(202) 555-0142").headers["location"].partition("to=")[2]
    assert site.client.post("/subscribe/challenges", data={"ticket": ticket}).status_code == 404
    assert site.client.post("/subscribe/challenges", data={"ticket": "forged"}).status_code == 404


def test_nobody_floods_one_host_by_its_many_paths(site):
    codes = []
    for number in range(25):
        client = site.browser(f"203.0.113.{number}")
        codes.append(site.sign_up(f"https://hooks.mls.example/{number}", client=client).status_code)
    assert codes.count(303) == 20
    assert codes[-1] == 429


def test_what_was_typed_is_kept_when_it_is_refused(site):
    answer = site.sign_up("https://10.1.2.3/x", shape="statuspage")
    assert hidden_field(answer.text, "opened")
    assert 'value="https://10.1.2.3/x"' in answer.text
    assert re.search(r'value="statuspage" checked', answer.text)
