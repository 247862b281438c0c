"""Signing up: known and unknown alike, never by a GET, never a flood, and gone at one click."""

import re
from datetime import UTC, datetime

import pytest

from app.domain.accounts import AttemptLimit
from app.domain.channels import Channel
from app.domain.sign_ups import HOUR, SignUpLimits
from app.domain.subscribers import SubscriptionStatus
from app.store.consents import consents_of
from app.store.subscribers import subscription_by_address, subscription_rows, wanted_components
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT
from tests.doubles.nodetools import html_faults
from tests.web.sign_up_site import Clock, Site, hidden_field, solution


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def site(database, clock) -> Site:
    return Site(database, clock)


def status_of(site, channel, address):
    with site.database.read() as session:
        row = subscription_by_address(session, VAULT, channel, address)
        return row and row.status


def test_a_number_signs_up_and_confirms_with_the_code(site):
    answer = site.sign_up("(202) 555-0142")
    assert answer.status_code == 303
    assert status_of(site, Channel.SMS, NUMBER) == SubscriptionStatus.PENDING
    (sent,) = site.delivered()
    assert (sent.channel, sent.address, len(sent.code)) == (Channel.SMS, NUMBER, 6)
    ticket = answer.headers["location"].partition("to=")[2]
    page = site.client.get(answer.headers["location"])
    assert hidden_field(page.text, "ticket") == ticket
    confirmed = site.client.post(
        "/subscribe/confirmation", data={"ticket": ticket, "code": f" {sent.code[:3]} {sent.code[3:]}"}
    )
    assert confirmed.status_code == 303
    assert status_of(site, Channel.SMS, NUMBER) == SubscriptionStatus.ACTIVE
    manage = site.client.get(confirmed.headers["location"])
    assert "You are subscribed" in manage.text
    assert NUMBER not in manage.text
    assert "•••• 0142" in manage.text


def test_a_mailbox_confirms_by_the_button_behind_its_link_and_not_by_looking(site):
    site.sign_up(MAILBOX)
    path = site.delivered()[0].link.removeprefix("http://status.example")
    for _ in range(2):
        assert site.client.get(path).status_code == 200
        assert site.client.head(path).status_code in (200, 405)
    assert status_of(site, Channel.EMAIL, MAILBOX) == SubscriptionStatus.PENDING
    assert site.client.post(path).status_code == 303
    assert status_of(site, Channel.EMAIL, MAILBOX) == SubscriptionStatus.ACTIVE
    assert site.client.post(path).status_code == 404


def test_a_wrong_code_is_said_in_words(site):
    ticket = site.sign_up(NUMBER).headers["location"].partition("to=")[2]
    answer = site.client.post("/subscribe/confirmation", data={"ticket": ticket, "code": "000000x"})
    assert (answer.status_code, "wrong or too old" in answer.text) == (422, True)


def test_known_and_unknown_addresses_get_the_same_answer(site):
    site.subscribe(NUMBER)
    answers = [site.sign_up(address) for address in (NUMBER, "+12025550177")]
    assert len({(answer.status_code, len(answer.headers["location"])) for answer in answers}) == 1
    pages = [site.client.get(answer.headers["location"]).text for answer in answers]
    assert len({re.sub('name="ticket" value="[^"]*"', "", page) for page in pages}) == 1
    assert len(site.delivered()) == 2


def test_it_remembers_what_was_agreed_to(site):
    site.subscribe(NUMBER)
    with site.database.read() as session:
        (row,) = subscription_rows(session)
        asked, confirmed = consents_of(session, row.id)
    assert "Reply STOP to end texts" in asked.words
    assert (asked.network, confirmed.means) == ("203.0.113.7", "sms_code")


def test_choices_are_kept_and_can_be_changed_by_signed_link(site):
    manage = site.subscribe(NUMBER, programme=["outages"], component=["forms"], quiet_from="22:00", quiet_until="06:00")
    path = manage.partition("?")[0]
    page = site.client.get(path).text
    assert 'value="forms" checked' in page
    assert 'value="22:00"' in page
    changed = {"programme": ["maintenance"], "language": "es", "component": ["lockboxes", "no-such-thing"]}
    assert site.client.post(path, data=changed).status_code == 303
    with site.database.read() as session:
        (row,) = subscription_rows(session)
        assert (row.outages, row.maintenance, row.language, row.quiet_from) == (False, True, "es", None)
        assert wanted_components(session, row.id) == {"lockboxes"}
    refused = site.client.post(path, data={"language": "en"})
    assert (refused.status_code, "Choose outages, planned work, or both" in refused.text) == (422, True)


def test_one_click_ends_it_without_a_sign_in_from_anywhere(site):
    site.subscribe(NUMBER)
    stop = site.links.stop(1).removeprefix("http://status.example")
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert site.client.get(stop).status_code == 200
    assert status_of(site, Channel.SMS, NUMBER) == SubscriptionStatus.ACTIVE
    for _ in range(2):
        answer = site.client.post(stop, data={"List-Unsubscribe": "One-Click"}, headers=elsewhere)
        assert answer.status_code == 200
    assert status_of(site, Channel.SMS, NUMBER) == SubscriptionStatus.OPTED_OUT
    with site.database.read() as session:
        assert consents_of(session, 1)[-1].means == "one_click"


def test_one_click_may_also_come_as_multipart(site):
    site.subscribe(NUMBER)
    stop = site.links.stop(1).removeprefix("http://status.example")
    answer = site.client.post(stop, files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert status_of(site, Channel.SMS, NUMBER) == SubscriptionStatus.OPTED_OUT


@pytest.mark.parametrize("path", ["/subscribe", "/subscribe/confirmation", "/subscribe/manage/1.abc"])
def test_another_site_cannot_send_the_forms(site, path):
    answer = site.client.post(path, data={"address": NUMBER}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert not site.delivered()


def test_without_work_it_takes_patience(site, clock):
    form = site.client.get("/subscribe").text
    posted = {"address": NUMBER, "programme": "outages", "opened": hidden_field(form, "opened")}
    refused = site.client.post("/subscribe", data=posted)
    assert (refused.status_code, "wait 15 seconds" in refused.text) == (422, True)
    assert hidden_field(refused.text, "opened") == posted["opened"], "the wait goes on, it does not begin again"
    clock.wait(seconds=16)
    assert site.client.post("/subscribe", data=posted).status_code == 303
    assert site.client.post("/subscribe", data=posted).status_code == 429, "one wait is one sign-up"


def test_a_solution_counts_once_and_only_ours_count(site):
    form = site.client.get("/subscribe").text
    posted = {"address": NUMBER, "programme": "outages", "opened": hidden_field(form, "opened")}
    posted["altcha"] = solution(site.client)
    assert site.client.post("/subscribe", data=posted).status_code == 303
    for payload in (posted["altcha"], "", "e30=", "bm90IGpzb24=", "x" * 9_000, "eyJjaGFsbGVuZ2UiOiAxfQ=="):
        assert site.client.post("/subscribe", data=posted | {"altcha": payload}).status_code == 422


def test_one_network_cannot_flood(database, clock):
    few = SignUpLimits(network=AttemptLimit(3, HOUR))
    site = Site(database, clock, few)
    answers = [site.sign_up(f"m{number}@mailbox.example").status_code for number in range(5)]
    assert answers == [303, 303, 303, 429, 429]
    assert site.sign_up("m9@mailbox.example", client=site.browser("198.51.100.4")).status_code == 303
    assert len(site.delivered()) == 4


def test_one_stranger_is_not_flooded_from_many_networks(site):
    answers = [site.sign_up(NUMBER, client=site.browser(f"198.51.100.{number}")) for number in range(6)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(site.delivered()) == 1
    with site.database.read() as session:
        assert sum(entry.act == "requested" for entry in consents_of(session, 1)) == 3


def test_texts_are_not_pumped_into_a_range_of_numbers(database, clock):
    site = Site(database, clock, SignUpLimits(prefix=AttemptLimit(2, HOUR)))
    answers = [
        site.sign_up(f"+1202555018{number}", client=site.browser(f"198.51.100.{number}")).status_code
        for number in range(4)
    ]
    assert answers == [303, 303, 429, 429]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Give a mobile number"),
        ("12", "Give a mobile number"),
        ("not an address", "Give a mobile number"),
        ("a@b@c", "Give a mobile number"),
        ("+44 7400 123456", "cannot send texts to this country"),
        ("+1 900 555 0199", "Give a mobile number"),
    ],
)
def test_what_is_no_address_is_refused_in_words(site, address, words):
    answer = site.sign_up(address)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert not site.delivered()


def test_it_speaks_spanish(site):
    page = site.client.get("/es/subscribe").text
    assert '<html lang="es">' in page
    assert "Get told" not in page
    assert "Reciba" in page
    site.sign_up(NUMBER, path="/es/subscribe")
    assert site.delivered()[0].language == "es"


@pytest.mark.parametrize(
    "path",
    [
        "/subscribe/manage/1.abcdefghijklmnop",
        "/subscribe/stop/zzz",
        "/subscribe/confirmation/nothing",
        "/subscribe/sent?to=x",
        "/subscribe/nowhere",
        "/es/subscribe/manage/" + "9" * 39,
    ],
)
def test_a_link_that_is_not_ours_leads_nowhere_in_words(site, path):
    answer = site.client.get(path)
    assert (answer.status_code, "<h1>" in answer.text) == (404, True)


def test_nothing_of_it_is_kept_by_caches_or_shown_to_other_sites(site):
    headers = site.client.get("/subscribe").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


def test_its_pages_are_valid_html(site):
    answer = site.sign_up(NUMBER)
    pages = {"sent": site.client.get(answer.headers["location"]).text}
    code = site.delivered()[0].code
    ticket = answer.headers["location"].partition("to=")[2]
    manage = site.client.post("/subscribe/confirmation", data={"ticket": ticket, "code": code}).headers["location"]
    stop = site.links.stop(1).removeprefix("http://status.example")
    for path in ("/subscribe", "/es/subscribe", manage, stop, "/subscribe/nowhere"):
        pages[path] = site.client.get(path).text
    pages["refused"] = site.sign_up("x").text
    assert html_faults(pages) == []


def test_a_huge_form_is_refused_unread(site):
    answer = site.client.post("/subscribe", content=b"address=" + b"x" * 70_000)
    assert answer.status_code == 413
