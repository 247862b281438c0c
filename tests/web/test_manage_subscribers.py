"""Subscribers through the Manage API and through the public sign-up of Statuspage's API."""

import asyncio

import pytest
from httpx import ASGITransport, AsyncClient
from sqlmodel import select

from app.deliver.confirmations import send_owed_confirmations
from app.domain.api_keys import Scope
from app.domain.consent import Means
from app.domain.sign_ups import SignUpLimits
from app.store.consents import ConsentRow
from app.store.subscribers import SubscriptionRow
from app.web.statuspage_sign_up import build_statuspage_sign_up
from app.web.subscribe import SignUpParts
from tests.web.programs import SITE, ManagedSite, Program

SIGN_UP = "/api/v2/subscribers.json"


@pytest.fixture
def site(database):
    """The API over a small MLS, on SQLite and on PostgreSQL."""
    return ManagedSite(database)


@pytest.fixture
def program(site) -> Program:
    """A program that may do everything."""
    return site.program()


class Public:
    """Whoever sends a form of Statuspage's to the page, from one network."""

    def __init__(self, site, **limits):
        parts = SignUpParts(site.database, site.links, site.time, SignUpLimits(**limits))
        self.app = build_statuspage_sign_up(parts)

    def post(self, path=SIGN_UP, **content):
        return self.request("POST", path, **content)

    def request(self, method, path, address="203.0.113.7", **content):
        async def send():
            transport = ASGITransport(self.app, raise_app_exceptions=False, client=(address, 50_000))
            async with AsyncClient(transport=transport, base_url=SITE) as client:
                return await client.request(method, path, **content)

        return asyncio.run(send())


def questions(site):
    """What is asked of the addresses that signed up."""
    post_box = []
    send_owed_confirmations(site.database, site.links, post_box.append, now=site.time())
    return post_box


def test_it_asks_an_address_before_anything_is_sent(site, program):
    ids = site.ids()
    given = {"email": "Ana@Mailbox.example", "component_ids": [ids["forms"]], "skip_confirmation_notification": True}
    answer = program.post("/subscribers", {"subscriber": given})
    said = answer.json()
    assert (answer.status_code, said["state"], said["mode"]) == (201, "pending", "email")
    assert (said["email"], said["skip_confirmation_notification"]) == ("ana@mailbox.example", False)
    assert [asked.address for asked in questions(site)] == ["ana@mailbox.example"]
    with site.database.read() as session:
        entry = session.exec(select(ConsentRow)).one()
    assert (entry.means, entry.words) == (Means.API, "By the program “Monitor”, through the API.")


def test_it_takes_numbers_and_endpoints(site, program):
    number = program.post("/subscribers", {"subscriber": {"phone_number": "(202) 555-0142", "phone_country": "us"}})
    said = number.json()
    assert (said["mode"], said["phone_number"], said["phone_country"]) == ("sms", "2025550142", "us")
    hook = program.post(
        "/subscribers", {"subscriber": {"endpoint": "https://hooks.desk.example/in", "email": "a@b.example"}}
    )
    assert (hook.json()["mode"], hook.json()["endpoint"]) == ("webhook", "https://hooks.desk.example/in")
    assert sorted(asked.channel for asked in questions(site)) == ["sms", "statuspage_webhook"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": "+44 7400 123456"}, "phone_country"),
        ({"endpoint": "http://desk.example/in"}, "endpoint"),
        ({"endpoint": "https://127.0.0.1/in"}, "endpoint"),
        ({"email": "a@b.example", "component_ids": ["nosuchthing1"]}, "components"),
        ({"email": ["a@b.example"]}, "email"),
    ],
)
def test_it_refuses_an_address_that_cannot_be(site, program, fields, field):
    for answer in (
        program.post("/subscribers", {"subscriber": fields}),
        Public(site).post(json={"subscriber": fields}),
    ):
        assert (answer.status_code, list(answer.json()["problems"])) == (422, [field]), answer.text
    assert questions(site) == []


def test_it_lists_by_state_and_type_from_page_0(site, program):
    for name in ("ana", "ben", "cho"):
        program.post("/subscribers", {"subscriber": {"email": f"{name}@mailbox.example"}})
    program.post("/subscribers", {"subscriber": {"phone_number": "202-555-0142"}})
    assert program.get("/subscribers").json() == []  # nobody has confirmed
    waiting = program.get("/subscribers?state=unconfirmed&type=email&limit=2&page=1").json()
    assert [item["email"] for item in waiting] == ["ana@mailbox.example"]
    found = program.get("/subscribers?state=all&q=BEN@mailbox.example").json()
    assert [item["email"] for item in found] == ["ben@mailbox.example"]
    assert program.get("/subscribers?state=all&q=zoe@mailbox.example").json() == []
    assert program.get("/subscribers/count").json()["email"] == 0
    assert list(program.get("/subscribers?state=x&type=y").json()["problems"]) == ["type", "state"]


def test_it_ends_a_subscription(site, program):
    made = program.post("/subscribers", {"subscriber": {"email": "ana@mailbox.example"}}).json()
    path = f"/subscribers/{made['id']}"
    assert program.get(path).json() == made
    gone = program.delete(path)
    assert (gone.status_code, gone.json()["state"]) == (200, "opted_out")
    assert questions(site) == []
    for nothing in ("000000000009", "nosuchthing1", "zzzzzzzzzzzz", "x"):
        assert program.get(f"/subscribers/{nothing}").status_code == 404


def test_addresses_need_more_than_reading(site, program):
    program.post("/subscribers", {"subscriber": {"email": "ana@mailbox.example"}})
    answer = site.program(Scope.READ, Scope.INCIDENTS_WRITE).get("/subscribers?state=all")
    assert (answer.status_code, "ana" in answer.text) == (403, False)


def test_the_public_form_asks_the_address_and_tells_nothing(site):
    public = Public(site)
    first = public.post(data={"subscriber[email]": "ana@mailbox.example"}).json()
    assert [asked.address for asked in questions(site)] == ["ana@mailbox.example"]
    again = public.post("/api/v2/subscribers", json={"subscriber": {"email": "ana@mailbox.example"}}).json()
    assert again == first
    assert list(first["subscriber"]) == [
        "created_at",
        "skip_confirmation_notification",
        "quarantined_at",
        "id",
        "mode",
        "purge_at",
        "email",
    ]


def test_the_public_form_takes_components_and_no_single_incident(site):
    ids = site.ids()
    answer = Public(site).post(data={"subscriber[email]": "a@b.example", "subscriber[component_id]": ids["forms"]})
    assert answer.status_code == 201, answer.text
    refused = Public(site).post(data={"subscriber[email]": "a@b.example", "subscriber[incident_id]": "x"})
    assert (refused.status_code, list(refused.json()["problems"])) == (422, ["incident_id"])


def test_the_public_form_cannot_be_flooded(site):
    public = Public(site)
    statuses = [public.post(json={"subscriber": {"email": f"n{n}@mailbox.example"}}).status_code for n in range(6)]
    assert statuses == [201] * 4 + [429] * 2
    elsewhere = public.request("POST", SIGN_UP, "198.51.100.9", json={"subscriber": {"email": "z@mailbox.example"}})
    assert elsewhere.status_code == 201
    with site.database.read() as session:
        assert len(session.exec(select(SubscriptionRow)).all()) == 5


def test_the_public_form_answers_whatever_is_sent(site):
    public = Public(site)
    assert public.request("GET", SIGN_UP).status_code == 405
    for content in (b"", b"[", b"subscriber=x", b'{"subscriber": []}'):
        answer = public.post(content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, bool(answer.json()["message"])) == (400, True), content
    assert public.post(content=b"x" * 70_000).status_code == 413
