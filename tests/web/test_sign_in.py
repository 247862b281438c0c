"""Signing in and out: sessions, limits, throttling, and words that survive."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event
from sqlmodel import select

from app.commands import passwords
from app.commands.accounts import change_role, disable_account, set_password
from app.domain.accounts import Role
from app.store.accounts import SignInAttemptRow, SignInRow
from app.store.session import Database
from app.web.sign_in_form import following_path
from tests.web.consoles import PASSWORD, TESS, Console, text_of, the_form

SIGN_IN = "/admin/sign-in"
WRONG = "not the password"


def try_to_sign_in(browser, email=TESS, password=WRONG, **fields):
    """Send the sign-in form."""
    return browser.post(SIGN_IN, data={"email": email, "password": password} | fields)


def is_signed_in(browser):
    """Whether the board answers."""
    return browser.get("/admin").status_code == 200


def test_it_signs_in_with_a_plain_form(console):
    browser = console.browser()
    form = the_form(browser.get(SIGN_IN).text, SIGN_IN) | {"email": TESS, "password": PASSWORD}
    answer = browser.post(SIGN_IN, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert is_signed_in(browser)


def test_it_knows_an_address_whatever_its_case_and_spaces(console):
    assert try_to_sign_in(console.browser(), f"  {TESS.upper()} ", PASSWORD).status_code == 303


def test_it_hides_the_cookie_from_scripts_and_other_sites(console):
    cookie = try_to_sign_in(console.browser(), password=PASSWORD).headers["set-cookie"]
    assert cookie.startswith("porchlight=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_it_pins_the_cookie_to_the_host_where_browsers_come_by_https(sqlite_url):
    console = Console(Database.open(sqlite_url), secure=True)
    cookie = try_to_sign_in(console.browser(), password=PASSWORD).headers["set-cookie"]
    assert cookie.startswith("__Host-porchlight=")
    assert "Secure" in cookie.split("; ")
    assert "Domain" not in cookie
    console.database.close()


def test_it_keeps_no_token_that_could_be_used(console):
    browser = console.signed_in()
    token = browser.cookies["porchlight"]
    with console.database.read() as session:
        (row,) = session.exec(select(SignInRow)).all()
    assert len(token) >= 43
    assert token not in row.model_dump_json()


def test_it_gives_a_new_token_at_every_sign_in_and_ends_the_old_one(console):
    browser = console.signed_in()
    old = browser.cookies["porchlight"]
    try_to_sign_in(browser, password=PASSWORD)
    assert browser.cookies["porchlight"] != old
    thief = console.browser(cookie=f"porchlight={old}")
    assert not is_signed_in(thief)


def test_it_never_takes_over_a_token_that_somebody_planted(console):
    browser = console.browser()
    browser.cookies.set("porchlight", "planted", domain="127.0.0.1", path="/")
    answer = try_to_sign_in(browser, password=PASSWORD)
    assert "planted" not in answer.headers["set-cookie"]
    assert not is_signed_in(console.browser(cookie="porchlight=planted"))


def test_it_ends_a_sign_in_on_the_server_when_somebody_signs_out(console):
    browser = console.signed_in()
    token = browser.cookies["porchlight"]
    answer = browser.post("/admin/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
    assert "porchlight" not in browser.cookies
    assert not is_signed_in(console.browser(cookie=f"porchlight={token}"))


def test_it_ends_a_sign_in_after_two_silent_hours_but_not_while_it_is_used(console):
    browser = console.signed_in()
    for _ in range(4):
        console.time.pass_by(minutes=119)
        assert is_signed_in(browser)
    console.time.pass_by(minutes=120)
    assert not is_signed_in(browser)


def test_it_ends_every_sign_in_after_twelve_hours(console):
    browser = console.signed_in()
    for _ in range(11):
        console.time.pass_by(hours=1)
        assert is_signed_in(browser)
    console.time.pass_by(hours=1)
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "end",
    [
        lambda session, now: disable_account(session, TESS, now=now),
        lambda session, now: change_role(session, TESS, Role.VIEWER, now=now),
        lambda session, now: set_password(session, TESS, "another quiet harbour", now=now),
    ],
    ids=["disabled", "another role", "another password"],
)
def test_it_ends_every_sign_in_of_an_account_that_was_changed(console, end):
    browser = console.signed_in()
    with console.database.transaction() as session:
        end(session, console.time())
    assert not is_signed_in(browser)


def test_it_lets_nobody_in_who_was_disabled(console):
    with console.database.transaction() as session:
        disable_account(session, TESS, now=console.time())
    assert try_to_sign_in(console.browser(), password=PASSWORD).status_code == 422


def test_it_says_the_same_of_a_wrong_password_and_of_an_unknown_account(console):
    wrong = try_to_sign_in(console.browser(), TESS)
    unknown = try_to_sign_in(console.browser(), "nobody@mls.example")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(TESS, "") == unknown.text.replace("nobody@mls.example", "")


def test_it_does_the_same_work_for_an_unknown_account(console, monkeypatch):
    watched = _Watched(monkeypatch)
    try_to_sign_in(console.browser(), TESS)
    try_to_sign_in(console.browser(), "nobody@mls.example")
    costs = [stored.rpartition("$")[0].rpartition("$")[0] for stored, _ in watched.checked]
    assert len(costs) == 2
    assert costs[0] == costs[1]


@pytest.mark.parametrize("email", [TESS, "nobody@mls.example"])
def test_it_shuts_an_account_for_a_while_after_five_failures_and_says_until_when(console, email):
    for number in range(5):
        assert try_to_sign_in(console.browser(address=f"192.0.2.{number}"), email).status_code == 422
    refused = try_to_sign_in(console.browser(), email, PASSWORD)
    assert refused.status_code == 429
    assert "Try again after 10:05 PM CT." in text_of(refused.text)


def test_it_lets_the_person_in_once_the_time_has_come(console):
    for _ in range(5):
        try_to_sign_in(console.browser())
    console.time.pass_by(minutes=14)
    assert try_to_sign_in(console.browser(), password=PASSWORD).status_code == 429
    console.time.pass_by(minutes=1)
    assert try_to_sign_in(console.browser(), password=PASSWORD).status_code == 303


def test_it_forgets_the_failures_of_somebody_who_got_in(console):
    for _ in range(3):
        for _ in range(4):
            assert try_to_sign_in(console.browser()).status_code == 422
        assert try_to_sign_in(console.browser(), password=PASSWORD).status_code == 303


def test_it_shuts_out_one_account_and_not_the_next(console):
    console.hire("dev@mls.example", Role.COMMUNICATIONS_LEAD)
    for _ in range(6):
        try_to_sign_in(console.browser())
    assert try_to_sign_in(console.browser(), "dev@mls.example", PASSWORD).status_code == 303


def test_it_shuts_out_a_network_that_tries_many_accounts(console):
    networks = [f"2001:db8:0:1::{number:x}" for number in range(30)]
    for number, address in enumerate(networks):
        assert try_to_sign_in(console.browser(address=address), f"p{number}@mls.example").status_code == 422
    assert try_to_sign_in(console.browser(address="2001:db8:0:1::ffff"), password=PASSWORD).status_code == 429
    assert try_to_sign_in(console.browser(address="2001:db8:0:2::1"), password=PASSWORD).status_code == 303


def test_it_counts_attempts_that_arrive_at_the_same_moment(console, monkeypatch):
    watched = _Watched(monkeypatch)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: try_to_sign_in(console.browser()).status_code, range(12)))
    assert len(watched.checked) <= 5
    assert set(answers) <= {422, 429}


def test_it_keeps_neither_addresses_nor_mistyped_passwords_of_failures(console):
    try_to_sign_in(console.browser(), "my secret typed in the wrong place")
    with console.database.read() as session:
        kept = [row.bucket for row in session.exec(select(SignInAttemptRow))]
    assert len(kept) == 2
    assert not any("secret" in bucket for bucket in kept)


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/admin",
        "//evil.example/admin",
        "/\\evil.example",
        "/admin/../..//evil.example\n",
        "javascript:alert(1)",
        "/administrator",
        "/admin/sign-in",
        "",
    ],
)
def test_it_never_leads_anywhere_else_after_signing_in(asked):
    assert following_path(asked) == "/admin"


def test_it_goes_on_where_the_person_wanted_to(console):
    browser = console.browser()
    asked = browser.get("/admin/incidents?page=2&search=mail")
    assert asked.status_code == 303
    form = the_form(browser.get(asked.headers["location"]).text, SIGN_IN)
    answer = browser.post(SIGN_IN, data=form | {"email": TESS, "password": PASSWORD})
    assert answer.headers["location"] == "/admin/incidents?page=2&search=mail"


def test_it_sends_people_who_are_signed_in_on(console):
    assert console.signed_in().get(SIGN_IN).headers["location"] == "/admin"


def test_it_keeps_the_words_of_a_form_when_the_sign_in_has_ended(console):
    browser = console.signed_in()
    form = the_form(browser.get("/admin/incidents/new").text, "/admin/incidents")
    form |= {"components": ["dashboard"], "what_happened": ["Nobody can sign in\nsince 9:42 PM."]}
    form |= {"done": ["We see it too."], "next_step": ["We are looking for the cause."]}
    console.time.pass_by(hours=3)
    form["promise"] = [(console.time.now.replace(hour=23)).isoformat()]
    asked = browser.post("/admin/incidents", data=form)
    assert asked.status_code == 401
    again = try_to_sign_in(browser, password="wrong words here", **_one(the_form(asked.text, SIGN_IN)))
    assert again.status_code == 422
    back = try_to_sign_in(browser, password=PASSWORD, **_one(the_form(again.text, SIGN_IN)))
    assert "Nobody can sign in\nsince 9:42 PM." in back.text
    opened = browser.post("/admin/incidents", data=the_form(back.text, "/admin/incidents"))
    assert opened.status_code == 303
    assert "Nobody can sign in" in browser.get(opened.headers["location"]).text


def test_it_never_writes_a_password_back_into_a_page(console):
    answer = console.browser().post("/admin/incidents", data={"password": "very secret words", "title": "Down"})
    assert answer.status_code == 401
    assert "very secret words" not in answer.text


def test_it_says_so_in_words_when_nobody_can_sign_in_because_the_disk_is_full(sqlite_url):
    console = Console(Database.open(sqlite_url))
    _refuse_writing(console.database)
    answer = try_to_sign_in(console.browser(), password=PASSWORD)
    assert answer.status_code == 503
    assert "nothing was changed" in answer.text
    assert PASSWORD not in answer.text
    console.database.close()


def test_it_keeps_people_signed_in_who_read_while_the_disk_is_full(sqlite_url):
    console = Console(Database.open(sqlite_url))
    browser = console.signed_in()
    _refuse_writing(console.database)
    console.time.pass_by(minutes=5)
    assert is_signed_in(browser)
    console.database.close()


def test_it_tells_htmx_to_load_the_sign_in_page(console):
    answer = console.browser().get("/admin", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith(SIGN_IN)


class _Watched(PasswordHasher):
    """A cheap hasher that notes what it was asked."""

    def __init__(self, monkeypatch):
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.checked = []
        monkeypatch.setattr(passwords, "_HASHER", self)

    def verify(self, stored, password):
        self.checked.append((stored, password))
        return super().verify(stored, password)


def _one(form):
    return {name: values[0] for name, values in form.items() if name not in ("email", "password")}


def _refuse_writing(database):
    """Make SQLite behave as on a full or read-only disk."""
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
