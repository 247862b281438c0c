"""Confirm it is you: before what cannot be taken back, with the words kept."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends

from app.commands.accounts import set_password
from app.domain.accounts import Permission, Role
from app.web.auth import Allow, confirmed
from app.web.posted import PostedForm
from app.web.visit import Visit
from tests.web.consoles import PASSWORD, TESS, text_of, the_form
from tests.web.factors import with_authenticator

ADA = "ada@mls.example"
INVITE = "/admin/accounts/invitations"
CONFIRM = "/admin/confirm"
WORDS = {"name": "Dev Osei", "email": "dev@mls.example", "role": "commander"}


@pytest.fixture
def browser(console):
    """Ada, an administrator, who signed in half an hour ago."""
    console.hire(ADA, Role.ADMINISTRATOR)
    browser = console.signed_in(ADA)
    console.time.pass_by(minutes=30)
    return browser


def test_a_fresh_sign_in_is_proof_enough(console):
    console.hire(ADA, Role.ADMINISTRATOR)
    assert console.signed_in(ADA).post(INVITE, data=WORDS).status_code == 303


def test_it_asks_and_comes_back_with_the_words(browser):
    asked = browser.post(INVITE, data=WORDS)
    assert asked.status_code == 401
    assert "Confirm that it is you" in asked.text
    wrong = browser.post(CONFIRM, data=the_form(asked.text, CONFIRM) | {"password": "not my password"})
    assert wrong.status_code == 422
    back = browser.post(CONFIRM, data=the_form(wrong.text, CONFIRM) | {"password": PASSWORD})
    assert back.status_code == 200
    assert browser.post(INVITE, data=the_form(back.text, INVITE)).status_code == 303
    assert "Dev Osei" in browser.get("/admin/accounts").text


def test_it_asks_even_for_a_form_without_a_field(browser):
    asked = browser.post("/admin/me/codes")
    assert asked.status_code == 401
    back = browser.post(CONFIRM, data=the_form(asked.text, CONFIRM) | {"password": PASSWORD})
    assert browser.post("/admin/me/codes", data=the_form(back.text, "/admin/me/codes")).status_code == 200


def test_it_asks_before_a_page_and_leads_back_to_it(browser, console):
    with_authenticator(console, ADA)
    asked = browser.get("/admin/me/authenticator")
    assert asked.headers["location"] == "/admin/confirm?next=%2Fadmin%2Fme%2Fauthenticator"
    form = the_form(browser.get(asked.headers["location"]).text, CONFIRM)
    assert browser.post(CONFIRM, data=form | {"password": PASSWORD}).headers["location"] == "/admin/me/authenticator"


def test_a_code_confirms_once(browser, console):
    phone = with_authenticator(console, ADA)
    code = phone.code()
    assert browser.post(CONFIRM, data={"one_time_code": code}).status_code == 303
    assert browser.post(CONFIRM, data={"one_time_code": code}).status_code == 422


def test_it_gives_a_new_token_and_the_old_one_is_dead(browser, console):
    old = browser.cookies["porchlight"]
    browser.post(CONFIRM, data={"password": PASSWORD})
    assert browser.cookies["porchlight"] != old
    assert console.browser(cookie=f"porchlight={old}").get("/admin").status_code == 303


def test_a_proof_lasts_a_quarter_of_an_hour(browser, console):
    browser.post(CONFIRM, data={"password": PASSWORD})
    console.time.pass_by(minutes=14)
    assert browser.post("/admin/me/codes").status_code == 200
    console.time.pass_by(minutes=1)
    assert browser.post("/admin/me/codes").status_code == 401


def test_it_may_not_be_guessed(browser):
    for _ in range(5):
        assert browser.post(CONFIRM, data={"password": "a guess"}).status_code == 422
    assert browser.post(CONFIRM, data={"password": PASSWORD}).status_code == 429


def test_somebody_elses_password_confirms_nothing(browser, console):
    console.hire("dev@mls.example", Role.COMMANDER)
    with console.database.transaction() as session:
        set_password(session, "dev@mls.example", "another quiet harbour", now=console.time())
    assert browser.post(CONFIRM, data={"password": "another quiet harbour"}).status_code == 422


def test_it_asks_nobody_whose_role_does_not_cover_the_act(console):
    browser = console.signed_in(TESS)
    console.time.pass_by(minutes=30)
    assert browser.post(INVITE, data=WORDS).status_code == 403


def test_a_handler_may_ask_because_of_what_the_form_says(console):
    router, done = APIRouter(), []

    @router.post("/admin/tell")
    def tell(visit: Annotated[Visit, Depends(Allow(Permission.POST))], posted: PostedForm):
        if posted.number("members") > 100:
            confirmed(visit)
        done.append(posted.number("members"))
        return visit.see_other("/admin")

    console.app.router.routes.insert(0, router.routes[0])
    browser = console.signed_in(TESS)
    console.time.pass_by(minutes=30)
    assert browser.post("/admin/tell", data={"members": "100"}).status_code == 303
    assert browser.post("/admin/tell", data={"members": "101"}).status_code == 401
    assert done == [100]


def test_it_keeps_no_secret_of_the_form_that_waits(browser):
    asked = browser.post("/admin/me/password", data={"password": PASSWORD, "new_password": "another quiet harbour"})
    assert asked.status_code == 401
    assert "another quiet harbour" not in text_of(asked.text)
    assert "harbour" not in asked.text
