"""Programs' keys in the console."""

import re

from sqlmodel import select

from app.domain.accounts import Role
from app.store.api_keys import api_key_rows
from app.store.audit import AuditEntryRow
from tests.web.consoles import Console, problems_on, text_of

ADA = "ada@mls.example"


def administrator(console: Console):
    console.hire(ADA, Role.ADMINISTRATOR)
    return console.signed_in(ADA)


def test_it_makes_a_key_and_shows_it_once(console):
    browser = administrator(console)
    form = {"name": "Night monitor", "scope": ["incidents:write", "read"], "per_minute": "120"}
    made = browser.post("/admin/keys", data=form)
    assert made.status_code == 201
    token = re.search(r"porchlight_[\w-]{43}", made.text)[0]
    assert "kctbh9vrtdwd" in made.text
    listed = browser.get("/admin/keys").text
    assert token not in listed
    assert f"…{token[-4:]} · may read incidents and components, post incidents" in text_of(listed)
    assert "120 requests a minute · never used" in text_of(listed)


def test_it_revokes_a_key_and_says_so(console):
    browser = administrator(console)
    browser.post("/admin/keys", data={"name": "Night monitor", "scope": "read", "per_minute": "60"})
    with console.database.read() as session:
        key = api_key_rows(session)[0].id
    answer = browser.post(f"/admin/keys/{key}/revocation")
    assert answer.headers["location"] == "/admin/keys?revoked=1"
    page = browser.get("/admin/keys?revoked=1").text
    assert "The key is revoked. Its next request is refused." in text_of(page)
    assert browser.post(f"/admin/keys/{key}/revocation").status_code == 422
    with console.database.read() as session:
        acts = {row.act: row.name for row in session.exec(select(AuditEntryRow)) if row.act.startswith("api_key")}
    assert acts == {"api_key.created": "Tess Marchetti", "api_key.revoked": "Tess Marchetti"}


def test_it_keeps_what_was_typed_when_something_is_missing(console):
    browser = administrator(console)
    answer = browser.post("/admin/keys", data={"name": "Night <monitor>", "per_minute": "0"})
    assert (answer.status_code, set(problems_on(answer.text))) == (422, {"scopes", "per_minute"})
    assert 'value="Night &lt;monitor&gt;"' in answer.text
    with console.database.read() as session:
        assert api_key_rows(session) == []


def test_it_asks_who_is_there_before_it_makes_a_key(console):
    browser = administrator(console)
    console.time.pass_by(minutes=20)
    answer = browser.post("/admin/keys", data={"name": "Monitor", "scope": "read", "per_minute": "60"})
    assert answer.status_code != 201
    with console.database.read() as session:
        assert api_key_rows(session) == []
