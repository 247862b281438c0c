"""Passkeys: made, used without a password, never replayed, never copied."""

import pytest
from sqlmodel import select

from app.commands.accounts import disable_account
from app.domain.accounts import Role
from app.store.second_factors import PasskeyChallengeRow, passkeys_of
from app.store.session import Database
from tests.web.consoles import TESS, Console, text_of
from tests.web.factors import SoftPasskey, account_of

ORIGIN = "https://status.mls.example"
ADD = "/admin/me/passkeys"
SIGN_IN = "/admin/sign-in/passkey"


@pytest.fixture
def console(database) -> Console:
    return Console(database, options={"console_url": ORIGIN})


@pytest.fixture
def key(console) -> SoftPasskey:
    """A passkey of Tess's."""
    key = SoftPasskey(ORIGIN, "status.mls.example")
    assert add(console.signed_in(), key).status_code == 303
    return key


def add(browser, key, name="My phone"):
    """Make the passkey as static/passkeys.js does."""
    options = browser.post(f"{ADD}/challenge").json()
    return browser.post(ADD, data={"passkey_name": name, "credential": key.made(options)})


def use(browser, key, **how):
    """Sign in with the passkey as static/passkeys.js does."""
    options = browser.post(f"{SIGN_IN}/challenge").json()
    return browser.post(SIGN_IN, data={"credential": key.proof(options, **how), "next": "/admin/incidents"})


def signed_in(console, key):
    """A browser that came in by the passkey."""
    browser = console.browser()
    assert use(browser, key).status_code == 303
    return browser


def is_signed_in(browser):
    """Whether the board answers."""
    return browser.get("/admin").status_code == 200


def test_it_signs_in_without_a_password(console, key):
    browser = console.browser()
    answer = use(browser, key)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/incidents")
    assert is_signed_in(browser)


def test_it_asks_the_device_to_see_who_holds_it(console):
    options = console.signed_in().post(f"{ADD}/challenge").json()
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"]["id"] == "status.mls.example"


def test_an_answer_is_good_once(console, key):
    browser, thief = console.browser(), console.browser()
    answer = key.proof(browser.post(f"{SIGN_IN}/challenge").json())
    assert browser.post(SIGN_IN, data={"credential": answer}).status_code == 303
    assert thief.post(SIGN_IN, data={"credential": answer}).status_code == 422
    assert not is_signed_in(thief)


def test_an_answer_to_no_challenge_of_ours_is_refused(console, key):
    made_up = {"challenge": "bm90LW91cnM"}
    assert console.browser().post(SIGN_IN, data={"credential": key.proof(made_up)}).status_code == 422


def test_an_answer_that_comes_too_late_is_refused(console, key):
    browser = console.browser()
    options = browser.post(f"{SIGN_IN}/challenge").json()
    console.time.pass_by(minutes=5)
    assert browser.post(SIGN_IN, data={"credential": key.proof(options)}).status_code == 422


def test_a_copy_is_found_out_by_its_count(console, key):
    use(console.browser(), key)
    use(console.browser(), key)
    key.count = 1
    assert use(console.browser(), key).status_code == 422


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x04], ids=["nobody there", "nobody verified", "nobody present"])
def test_a_device_that_did_not_see_who_holds_it_is_refused(console, key, flags):
    assert use(console.browser(), key, flags=flags).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"), [("origin", "https://status.mls.example.evil.example"), ("host", "evil.example")]
)
def test_a_passkey_used_on_another_site_is_refused(console, key, field, value):
    setattr(key, field, value)
    assert use(console.browser(), key).status_code == 422


def test_an_unknown_passkey_is_refused(console, key):
    assert use(console.browser(), SoftPasskey(ORIGIN, "status.mls.example")).status_code == 422


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": 5}', "x" * 30_000, '{"id":"a","rawId":"a"}'])
def test_nonsense_is_refused_in_words(console, credential):
    for path in (SIGN_IN, "/admin/confirm/passkey"):
        answer = console.signed_in().post(path, data={"credential": credential})
        assert answer.status_code == 422
        assert "This passkey was not accepted" in text_of(answer.text)


def test_a_challenge_to_sign_in_confirms_nothing(console, key):
    browser = signed_in(console, key)
    options = browser.post(f"{SIGN_IN}/challenge").json()
    assert browser.post("/admin/confirm/passkey", data={"credential": key.proof(options)}).status_code == 422


def test_a_challenge_of_mine_does_not_confirm_for_you(console, key):
    console.hire("dev@mls.example", Role.COMMANDER)
    mine, yours = signed_in(console, key), console.signed_in("dev@mls.example")
    options = mine.post("/admin/confirm/passkey/challenge").json()
    assert yours.post("/admin/confirm/passkey", data={"credential": key.proof(options)}).status_code == 422


def test_one_person_may_have_several_and_take_them_away(console, key):
    browser = signed_in(console, key)
    second = SoftPasskey(ORIGIN, "status.mls.example")
    assert add(browser, second, "My phone").status_code == 422, "two of one name cannot be told apart"
    assert add(browser, second, "Key on my ring").status_code == 303
    page = browser.get("/admin/me").text
    assert "My phone" in page
    assert "Key on my ring" in page
    with console.database.read() as session:
        first = next(row for row in passkeys_of(session, account_of(console).id) if row.name == "My phone")
    assert browser.post(f"{ADD}/{first.id}/removal").status_code == 303
    assert use(console.browser(), key).status_code == 422
    assert use(console.browser(), second).status_code == 303


def test_a_passkey_of_a_shut_account_lets_nobody_in(console, key):
    with console.database.transaction() as session:
        disable_account(session, TESS, now=console.time())
    assert use(console.browser(), key).status_code == 422


def test_strangers_failures_do_not_stand_in_its_way(console, key):
    for number in range(8):
        console.browser(address=f"198.51.100.{number}").post(
            "/admin/sign-in", data={"email": TESS, "password": "a guess"}
        )
    assert use(console.browser(), key).status_code == 303


def test_a_network_may_not_fill_the_database_with_challenges(console):
    browser = console.browser()
    answers = [browser.post(f"{SIGN_IN}/challenge").status_code for _ in range(201)]
    assert answers[:200] == [200] * 200
    assert answers[200] == 422
    console.time.pass_by(minutes=20)
    browser.post(f"{SIGN_IN}/challenge")
    with console.database.read() as session:
        assert len(session.exec(select(PasskeyChallengeRow)).all()) == 1, "old ones are forgotten"


def test_without_a_host_name_none_are_offered(sqlite_url):
    console = Console(Database.open(sqlite_url), options={"console_url": "http://127.0.0.1:8000"})
    assert "data-passkey" not in console.browser().get("/admin/sign-in").text
    answer = console.signed_in().post(f"{ADD}/challenge")
    assert "Passkeys need a host name" in text_of(answer.text)
    console.database.close()
