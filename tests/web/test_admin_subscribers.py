"""Staff and subscribers: found by exact address alone, shown in part, and changed by whose role covers it."""

import re

import pytest

from app.commands.accounts import add_account
from app.commands.replies import Reply, take_reply
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.subscribers import SubscriptionStatus
from app.store.replies import waiting_replies
from app.store.subscribers import subscription_row
from app.web.console import build_console
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT, member
from tests.commands.world import NOW, build
from tests.web.sign_up_site import SITE, Client

PASSWORD = "four unrelated long words"


class Staff:
    """Somebody who is signed in to the console."""

    def __init__(self, database, role: Role) -> None:
        with database.transaction() as session:
            add_account(session, f"{role}@b.example", "Ann", role, PASSWORD, now=NOW)
        console = build_console(
            database,
            vault=VAULT,
            clock=lambda: NOW,
            secure_cookies=False,
            public_url=SITE,
            admin_hosts=["status.example"],
        )
        self._client = Client(console, "198.51.100.9")
        answer = self._client.post("/admin/sign-in", data={"email": f"{role}@b.example", "password": PASSWORD})
        self._headers = {"cookie": answer.headers["set-cookie"].partition(";")[0]}

    def get(self, path: str):
        return self._client.get(path, headers=self._headers)

    def post(self, path: str, **fields: str):
        return self._client.post(path, data=fields, headers=self._headers)


@pytest.fixture(autouse=True)
def world(database) -> None:
    with database.transaction() as session:
        build(session)
        member(session)
        member(session, MAILBOX, Channel.EMAIL)


def status_of(database, subscription_id: int) -> str:
    with database.read() as session:
        return subscription_row(session, subscription_id).status


def test_nobody_sees_them_without_signing_in(database):
    console = build_console(
        database, vault=VAULT, secure_cookies=False, public_url=SITE, admin_hosts=["status.example"]
    )
    for path in ("/admin/subscribers", "/admin/subscribers/1", "/admin/subscribers/replies"):
        assert Client(console, "198.51.100.9").get(path).status_code == 303


def test_the_list_counts_and_shows_no_whole_address(database):
    page = Staff(database, Role.HELP_DESK).get("/admin/subscribers").text
    assert "•••• 0142" in page
    assert "a•••@mailbox.example" in page
    assert NUMBER not in page
    assert MAILBOX not in page
    assert page.count("1 active") == 2


def test_it_pages_and_filters(database):
    staff = Staff(database, Role.HELP_DESK)
    assert "0142" not in staff.get("/admin/subscribers?status=opted_out").text
    older = staff.get("/admin/subscribers?before=2").text
    assert ("0142" in older, "mailbox.example" in older) == (True, False)
    assert staff.get("/admin/subscribers?before=x").status_code == 422


def test_one_is_found_by_the_exact_address_only(database):
    staff = Staff(database, Role.HELP_DESK)
    found = staff.post("/admin/subscribers/search", address="(202) 555-0142")
    assert (found.status_code, found.headers["location"]) == (303, "/admin/subscribers/1")
    for text in ("202 555 0143", "ana@", "0142", ""):
        assert staff.post("/admin/subscribers/search", address=text).status_code == 422
    page = staff.get("/admin/subscribers/1").text
    assert re.search("Asked to be told.*Confirmed", page, re.DOTALL)
    assert NUMBER not in page
    assert staff.get("/admin/subscribers/99").status_code == 404


def test_only_whose_role_covers_it_ends_or_erases(database):
    reader, lead, administrator = (Staff(database, role) for role in (Role.VIEWER, Role.HELP_DESK, Role.ADMINISTRATOR))
    assert reader.post("/admin/subscribers/1/ending").status_code == 403
    assert lead.post("/admin/subscribers/1/erasure", sure="yes").status_code == 403
    assert status_of(database, 1) == SubscriptionStatus.ACTIVE
    assert lead.post("/admin/subscribers/1/ending").status_code == 303
    assert status_of(database, 1) == SubscriptionStatus.OPTED_OUT
    assert administrator.post("/admin/subscribers/2/erasure").status_code == 422
    assert administrator.post("/admin/subscribers/2/erasure", sure="yes").status_code == 303
    assert "(erased)" in administrator.get("/admin/subscribers/2").text
    assert "(erased)" in administrator.get("/admin/subscribers").text


@pytest.mark.parametrize(("meaning", "expected"), [("stop", "opted_out"), ("other", "active")])
def test_a_person_decides_what_a_reply_meant(database, meaning, expected):
    with database.transaction() as session:
        take_reply(session, VAULT, Reply("SM1", NUMBER, "<b>when does it stop?</b>"), now=NOW)
    lead = Staff(database, Role.COMMUNICATIONS_LEAD)
    assert "1 reply waits" in lead.get("/admin/subscribers").text
    page = lead.get("/admin/subscribers/replies").text
    assert "&lt;b&gt;when does it stop?" in page
    for _ in range(2):
        assert lead.post("/admin/subscribers/replies/SM1/decision", meaning=meaning).status_code == 303
    with database.read() as session:
        row = subscription_row(session, 1)
        assert (row.status, row.held_at, waiting_replies(session)) == (expected, None, [])
    assert lead.post("/admin/subscribers/replies/none/decision", meaning="stop").status_code == 404
