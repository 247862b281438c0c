"""What follows a right password, and that no stranger can shut staff out."""

import pytest

from app.commands.accounts import set_password
from app.domain.accounts import Role
from app.store.second_factors import factors_of
from app.store.session import Database
from tests.web.consoles import PASSWORD, TESS, Console, text_of, the_form
from tests.web.factors import account_of, with_authenticator, with_codes

SIGN_IN = "/admin/sign-in"
CODE = "/admin/sign-in/code"
PRINTED = "/admin/sign-in/printed-code"


def give_password(browser, password=PASSWORD, **fields):
    """Send the sign-in form."""
    return browser.post(SIGN_IN, data={"email": TESS, "password": password} | fields)


def give_code(browser, page, code):
    """Send the form that follows the password."""
    return browser.post(CODE, data=the_form(page.text, CODE) | {"one_time_code": code})


def give_printed(browser, code, password=PASSWORD):
    """Send password and printed code at once."""
    return browser.post(PRINTED, data={"email": TESS, "password": password, "one_time_code": code})


def is_signed_in(browser):
    """Whether the board answers."""
    return browser.get("/admin").status_code == 200


def test_it_asks_for_the_code_and_signs_nobody_in_before(console):
    phone, browser = with_authenticator(console), console.browser()
    asked = give_password(browser)
    assert asked.status_code == 200
    assert not is_signed_in(browser)
    assert give_code(browser, asked, phone.code()).status_code == 303
    assert is_signed_in(browser)


def test_a_code_works_once(console):
    phone, first, second = with_authenticator(console), console.browser(), console.browser()
    code = phone.code()
    assert give_code(first, give_password(first), code).status_code == 303
    refused = give_code(second, give_password(second), code)
    assert refused.status_code == 422
    assert "was used already" in text_of(refused.text)
    assert not is_signed_in(second)


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_code_of_another_time_does_not_work(console, minutes):
    phone, browser = with_authenticator(console), console.browser()
    asked = give_password(browser)
    console.time.pass_by(minutes=minutes)
    code = phone.code()
    console.time.pass_by(minutes=-minutes)
    assert give_code(browser, asked, code).status_code == 422


def test_a_printed_code_follows_a_password_and_works_once(console):
    with_authenticator(console)
    codes, browser = with_codes(console), console.browser()
    assert give_code(browser, give_password(browser), f" {codes[0].upper().replace('-', ' ')} ").status_code == 303
    again = console.browser()
    assert give_code(again, give_password(again), codes[0]).status_code == 422
    with console.database.read() as session:
        assert factors_of(session, account_of(console).id).codes_left == 9


def test_a_new_sheet_makes_the_old_one_worthless(console):
    old, new = with_codes(console), with_codes(console)
    assert give_printed(console.browser(), old[3]).status_code == 422
    assert give_printed(console.browser(), new[3]).status_code == 303


def test_somebody_elses_code_does_not_work(console):
    console.hire("dev@mls.example", Role.COMMANDER)
    with_codes(console)
    others = with_codes(console, "dev@mls.example")
    assert give_printed(console.browser(), others[0]).status_code == 422


def test_a_printed_code_alone_does_not_work(console):
    codes = with_codes(console)
    assert give_printed(console.browser(), codes[0], "not the password").status_code == 422
    assert give_printed(console.browser(), codes[0]).status_code == 303, "a wrong password uses no code up"


def test_the_code_may_not_be_guessed(console):
    phone, browser = with_authenticator(console), console.browser()
    for _ in range(5):
        assert give_code(browser, give_password(browser), "000000").status_code == 422
    assert give_code(browser, give_password(browser), phone.code()).status_code == 429


def test_too_long_between_password_and_code_begins_again(console):
    phone, browser = with_authenticator(console), console.browser()
    asked = give_password(browser)
    console.time.pass_by(minutes=10)
    late = give_code(browser, asked, phone.code())
    assert late.status_code == 422
    assert "That took too long" in late.text


def test_another_password_meanwhile_begins_again(console):
    phone, browser = with_authenticator(console), console.browser()
    asked = give_password(browser)
    with console.database.transaction() as session:
        set_password(session, TESS, "another quiet harbour", now=console.time())
    assert give_code(browser, asked, phone.code()).status_code == 422


@pytest.mark.parametrize("step", ["", "made up", "gAAAAA"])
def test_a_step_that_nobody_sealed_leads_nowhere(console, step):
    phone = with_authenticator(console)
    answer = console.browser().post(CODE, data={"step": step, "one_time_code": phone.code()})
    assert answer.status_code == 422


def test_a_sealed_thing_of_another_kind_is_no_step(console):
    phone, browser = with_authenticator(console), console.browser()
    give_code(browser, give_password(browser), phone.code())
    console.time.pass_by(minutes=1)
    device = browser.cookies["porchlight-device"]
    answer = console.browser().post(CODE, data={"step": device, "one_time_code": phone.code()})
    assert answer.status_code == 422


def test_the_words_of_a_form_survive_both_steps(console):
    phone, browser = with_authenticator(console), console.browser()
    asked = browser.post("/admin/incidents", data={"what_happened": "Nobody can sign in."})
    form = {name: values[0] for name, values in the_form(asked.text, SIGN_IN).items()}
    second = browser.post(SIGN_IN, data=form | {"email": TESS, "password": PASSWORD})
    back = give_code(browser, second, phone.code())
    assert the_form(back.text, "/admin/incidents")["what_happened"] == ["Nobody can sign in."]


def strangers_fail(console, times=6):
    """Somebody else tries the account until it is shut for strangers."""
    for number in range(times):
        console.browser(address=f"198.51.100.{number}").post(SIGN_IN, data={"email": TESS, "password": "a guess"})


def test_strangers_cannot_shut_out_a_browser_that_was_signed_in_before(console):
    known = console.signed_in()
    known.post("/admin/sign-out")
    strangers_fail(console)
    assert give_password(console.browser()).status_code == 429, "an unknown browser waits"
    assert give_password(known).status_code == 303


def test_a_known_browser_may_not_guess_for_ever(console):
    known = console.signed_in()
    known.post("/admin/sign-out")
    for _ in range(5):
        assert give_password(known, "a guess").status_code == 422
    assert give_password(known).status_code == 429


def test_a_known_browser_is_known_for_its_person_alone(console):
    console.hire("dev@mls.example", Role.COMMANDER)
    known = console.signed_in("dev@mls.example")
    strangers_fail(console)
    assert give_password(known).status_code == 429


def test_strangers_cannot_shut_out_a_printed_code(console):
    codes = with_codes(console)
    strangers_fail(console)
    assert give_printed(console.browser(), codes[0]).status_code == 303


def test_a_wrong_printed_code_waits_like_everybody(console):
    with_codes(console)
    strangers_fail(console)
    assert give_printed(console.browser(), "2222-2222-2222").status_code == 429


def test_it_says_the_same_of_a_wrong_code_and_of_an_unknown_account(console):
    with_codes(console)
    known = console.browser().post(PRINTED, data={"email": TESS, "password": PASSWORD, "one_time_code": "wrong"})
    fields = {"email": "nobody@mls.example", "password": PASSWORD, "one_time_code": "wrong"}
    unknown = console.browser().post(PRINTED, data=fields)
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace(TESS, "") == unknown.text.replace("nobody@mls.example", "")


@pytest.fixture
def strict(sqlite_url):
    """A console where a password alone is not enough for those who may do more than read."""
    console = Console(Database.open(sqlite_url), options={"second_factor_required": True})
    yield console
    console.database.close()


def test_a_password_alone_leads_only_to_setting_a_second_factor_up(strict):
    browser = strict.signed_in()
    board = browser.get("/admin")
    assert (board.status_code, board.headers["location"]) == (303, "/admin/me?first")
    assert "One thing before you go on" in browser.get("/admin/me?first").text
    assert browser.post("/admin/incidents", data={"what_happened": "Down."}).status_code == 403


def test_the_way_is_open_once_there_is_a_second_factor(strict):
    browser = strict.signed_in()
    with_authenticator(strict)
    assert is_signed_in(browser)


def test_whoever_only_reads_needs_no_second_factor(strict):
    strict.hire("vic@mls.example", Role.VIEWER)
    assert is_signed_in(strict.signed_in("vic@mls.example"))


def test_codes_alone_do_not_last_and_so_do_not_suffice(strict):
    codes = with_codes(strict)
    browser = strict.browser()
    assert give_printed(browser, codes[0]).status_code == 303
    assert browser.get("/admin").headers["location"] == "/admin/me?first"
