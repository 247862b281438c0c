"""Accounts in the console: invited, changed, shut, begun anew; one's own; who is signed in; who did it."""

import pytest
from sqlmodel import select

from app.domain.accounts import Role
from app.store.accounts import account_by_email, sign_ins_of
from app.store.audit import AuditEntryRow
from app.store.second_factors import factors_of
from tests.doubles.nodetools import html_faults
from tests.web.consoles import PASSWORD, TESS, Console, problems_on, text_of, the_form
from tests.web.factors import account_of, with_authenticator, with_codes

ADA, DEV = "ada@mls.example", "dev@mls.example"
ACCOUNTS = "/admin/accounts"
NEW_PASSWORD = "another quiet harbour"


@pytest.fixture
def console(database):
    """A console that knows its own address."""
    return Console(database, options={"console_url": "https://console.mls.example"})


@pytest.fixture
def ada(console):
    """A browser of Ada's, an administrator who has just signed in."""
    console.hire(ADA, Role.ADMINISTRATOR)
    return console.signed_in(ADA)


def invite(ada, email=DEV, **fields):
    """Invite somebody; the page with the link."""
    words = {"name": "Dev Osei", "email": email, "role": "commander"} | fields
    answer = ada.post(f"{ACCOUNTS}/invitations", data=words)
    return ada.get(answer.headers["location"]) if answer.status_code == 303 else answer


def link_on(page):
    """The link that is shown to copy."""
    return (
        page.text.partition('spellcheck="false">')[2]
        .partition("</textarea>")[0]
        .strip()
        .removeprefix("https://console.mls.example")
    )


def accept(browser, link, password=NEW_PASSWORD):
    """Fill in the page of an invitation."""
    return browser.post(link, data=the_form(browser.get(link).text, link) | {"password": password})


def acts(console):
    """What the audit log says, oldest first."""
    with console.database.read() as session:
        return [row.act for row in session.exec(select(AuditEntryRow).order_by(AuditEntryRow.seq))]


def test_an_invitation_becomes_an_account_with_the_role_that_was_chosen(console, ada):
    browser = console.browser()
    answer = accept(browser, link_on(invite(ada)))
    assert answer.headers["location"] == "/admin/me?first"
    assert browser.get("/admin").status_code == 200
    assert account_of(console, DEV).role is Role.COMMANDER
    assert {"invitation.sent", "account.added", "account.signed_in"} <= set(acts(console))


def test_an_invitation_works_once(console, ada):
    link = link_on(invite(ada))
    accept(console.browser(), link)
    assert console.browser().get(link).status_code == 404
    assert console.browser().post(link, data={"name": "X", "password": "yet another harbour"}).status_code == 404


def test_an_invitation_is_too_old_after_three_days(console, ada):
    link = link_on(invite(ada))
    console.time.pass_by(hours=71)
    assert console.browser().get(link).status_code == 200
    console.time.pass_by(hours=1)
    assert console.browser().get(link).status_code == 404


def test_a_newer_invitation_ends_the_older_one_and_a_withdrawn_one_is_dead(console, ada):
    older, page = link_on(invite(ada)), invite(ada)
    assert console.browser().get(older).status_code == 404
    withdrawal = next(form for form in (page.text.split('action="')[1:]) if "withdrawal" in form).partition('"')[0]
    assert ada.post(withdrawal).status_code == 303
    assert console.browser().get(link_on(page)).status_code == 404


@pytest.mark.parametrize("spoil", [lambda link: link[:-3] + "abc", lambda link: link.rpartition(".")[0]])
def test_an_altered_link_invites_nobody(console, ada, spoil):
    assert console.browser().get(spoil(link_on(invite(ada)))).status_code == 404


def test_a_weak_password_is_refused_and_the_name_kept(console, ada):
    link, browser = link_on(invite(ada)), console.browser()
    answer = browser.post(link, data={"name": "Devon Osei", "password": "short"})
    assert answer.status_code == 422
    assert the_form(answer.text, link)["name"] == ["Devon Osei"]
    assert accept(browser, link).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("email", TESS), ("name", " "), ("role", "king"), ("role", "")]
)
def test_it_refuses_an_invitation_beside_its_field_and_keeps_the_words(ada, field, value):
    words = {"email": DEV, field: value}
    answer = invite(ada, **words)
    assert answer.status_code == 422
    assert field in problems_on(answer.text)
    assert field == "name" or 'value="Dev Osei"' in answer.text


def test_another_role_signs_the_person_out(console, ada):
    tess = console.signed_in()
    page = f"{ACCOUNTS}/{account_of(console).id}"
    assert ada.post(f"{page}/role", data={"role": "viewer"}).status_code == 303
    assert tess.get("/admin").status_code == 303
    assert "Viewer" in text_of(ada.get(page).text)


def test_a_shut_account_lets_nobody_in_until_it_is_opened(console, ada):
    tess, page = console.signed_in(), f"{ACCOUNTS}/{account_of(console).id}"
    ada.post(f"{page}/disabling")
    assert tess.get("/admin").status_code == 303
    assert tess.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD}).status_code == 422
    ada.post(f"{page}/enabling")
    assert tess.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(("act", "form"), [("role", {"role": "viewer"}), ("disabling", {})])
def test_somebody_always_administers(console, ada, act, form):
    answer = ada.post(f"{ACCOUNTS}/{account_of(console, ADA).id}/{act}", data=form)
    assert answer.status_code == 422
    assert "This is the only administrator." in text_of(answer.text)
    assert account_of(console, ADA).role is Role.ADMINISTRATOR


def test_somebody_who_lost_everything_begins_anew(console, ada):
    with_authenticator(console)
    account = account_of(console)
    page = ada.get(ada.post(f"{ACCOUNTS}/{account.id}/reset").headers["location"])
    with console.database.read() as session:
        assert factors_of(session, account.id).has_totp, "nothing changes until the link is used"
    browser = console.browser()
    assert accept(browser, link_on(page)).status_code == 303
    with console.database.read() as session:
        assert not factors_of(session, account.id).any
    assert account_of(console).id == account.id
    assert {"account.reset_offered", "account.begun_anew"} <= set(acts(console))


def test_a_shut_account_does_not_begin_anew(console, ada):
    account = account_of(console)
    page = ada.get(ada.post(f"{ACCOUNTS}/{account.id}/reset").headers["location"])
    ada.post(f"{ACCOUNTS}/{account.id}/disabling")
    assert console.browser().post(link_on(page), data={"name": "T", "password": NEW_PASSWORD}).status_code == 404


def test_the_list_says_who_is_weak_and_when_everybody_was_seen(console, ada):
    words = text_of(ada.get(ACCOUNTS).text)
    assert "Communications lead · password alone · not seen yet" in words
    with_authenticator(console)
    with_codes(console)
    assert "Communications lead · authenticator, 10 printed codes" in text_of(ada.get(ACCOUNTS).text)


def test_an_administrator_sees_and_ends_everybodys_sign_ins(console, ada):
    tess = console.signed_in()
    tess.get("/admin", headers={"User-Agent": "x"})
    with console.database.read() as session:
        (row,) = sign_ins_of(session, account_of(console).id)
    assert f"{ACCOUNTS}/sign-ins/{row.id}/ending" in ada.get(f"{ACCOUNTS}/sign-ins").text
    assert ada.post(f"{ACCOUNTS}/sign-ins/{row.id}/ending").status_code == 303
    assert tess.get("/admin").status_code == 303
    assert "sign_in.revoked" in acts(console)


def test_one_sees_ones_own_browsers_in_words_and_ends_the_others(console):
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
    other = console.browser(address="192.0.2.99", **{"User-Agent": agent})
    other.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD})
    mine = console.signed_in()
    assert "Chrome on Android 192.0.2.99" in text_of(mine.get("/admin/me").text)
    mine.post("/admin/me/other-sign-ins/ending")
    assert other.get("/admin").status_code == 303
    assert mine.get("/admin").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else_on_their_own_page(console, ada):
    with console.database.read() as session:
        (row,) = sign_ins_of(session, account_of(console, ADA).id)
    assert console.signed_in().post(f"/admin/me/sign-ins/{row.id}/ending").status_code == 404
    assert ada.get("/admin").status_code == 200


def test_a_new_password_keeps_this_browser_and_ends_the_others(console):
    mine, other = console.signed_in(), console.signed_in()
    old = mine.cookies["porchlight"]
    wrong = mine.post("/admin/me/password", data={"password": "not this", "new_password": NEW_PASSWORD})
    assert problems_on(wrong.text) == {"password": "This is not your password."}
    weak = mine.post("/admin/me/password", data={"password": PASSWORD, "new_password": "tess marchetti"})
    assert "new_password" in problems_on(weak.text)
    assert mine.post("/admin/me/password", data={"password": PASSWORD, "new_password": NEW_PASSWORD}).status_code == 303
    assert mine.cookies["porchlight"] != old
    assert mine.get("/admin").status_code == 200
    assert other.get("/admin").status_code == 303


def test_a_name_is_changed_and_an_empty_one_refused(console):
    browser = console.signed_in()
    assert problems_on(browser.post("/admin/me/name", data={"name": ""}).text) == {"name": "Say whose account it is."}
    assert browser.post("/admin/me/name", data={"name": "Tess M."}).status_code == 303
    assert account_of(console).name == "Tess M."


def test_an_authenticator_is_set_up_only_when_it_shows_the_right_code(console):
    browser = console.signed_in()
    page = browser.get(browser.post("/admin/me/authenticator").headers["location"])
    assert "<svg" in page.text
    wrong = browser.post("/admin/me/authenticator/confirmation", data={"totp_code": "000000"})
    assert "totp_code" in problems_on(wrong.text)
    with console.database.read() as session:
        assert not factors_of(session, account_of(console).id).has_totp
    assert browser.post("/admin/sign-out").status_code == 303
    assert browser.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD}).status_code == 303


def test_ten_codes_are_shown_once(console):
    browser = console.signed_in()
    page = browser.post("/admin/me/codes")
    codes = [part.partition("</code>")[0] for part in page.text.split("<code>")[1:]]
    assert len(set(codes)) == 10
    assert not any(code in browser.get("/admin/me").text for code in codes)
    assert "10 of 10 left." in text_of(browser.get("/admin/me").text)


def test_the_two_person_rule_is_kept_and_noted(console, ada):
    assert ada.post(f"{ACCOUNTS}/two-person-rule", data={"critical": "5", "high": ""}).status_code == 303
    assert 'value="5"' in ada.get(f"{ACCOUNTS}/two-person-rule").text
    assert ada.post(f"{ACCOUNTS}/two-person-rule", data={"critical": "61"}).status_code == 422
    assert acts(console).count("two_person_rule.changed") == 1


def test_it_writes_valid_html(console, ada):
    invited = ada.post(f"{ACCOUNTS}/invitations", data={"name": "Dev", "email": DEV, "role": "viewer"})
    paths = ["", "/new", "/sign-ins", "/two-person-rule", f"/{account_of(console).id}"]
    pages = {path: ada.get(f"{ACCOUNTS}{path}") for path in paths}
    pages["invited"] = ada.get(invited.headers["location"])
    pages["invitation"] = console.browser().get(link_on(pages["invited"]))
    pages["refused"] = ada.post(f"{ACCOUNTS}/invitations", data={"name": "", "email": "x"})
    pages["me"] = ada.get("/admin/me")
    pages["me refused"] = ada.post("/admin/me/name", data={"name": ""})
    pages["confirm"] = ada.get("/admin/confirm")
    pages["authenticator"] = ada.get(ada.post("/admin/me/authenticator").headers["location"])
    pages["codes"] = ada.post("/admin/me/codes")
    pages["printed code"] = console.browser().get("/admin/sign-in/printed-code")
    pages["second step"] = console.browser().post("/admin/sign-in", data={"email": ADA, "password": PASSWORD})
    pages["too late"] = console.browser().post("/admin/sign-in/code", data={"step": "x"})
    assert sorted({page.status_code for page in pages.values()}) == [200, 422]
    assert html_faults({name: page.text for name, page in pages.items()}) == []


def test_no_act_names_nobody(console, ada):
    invite(ada)
    with console.database.read() as session:
        entry = session.exec(select(AuditEntryRow).where(AuditEntryRow.act == "invitation.sent")).one()
        assert entry.account_id == account_by_email(session, ADA).id
        assert DEV not in str(entry.after), "addresses do not go into the log"
