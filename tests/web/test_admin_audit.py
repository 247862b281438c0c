"""The audit log in the console: who may read it, what it shows, and what it proves."""

import json

import pytest
from sqlalchemy import text

from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.audit import Actor, Head, Means, verify
from app.domain.components import ComponentStatus
from app.store.accounts import account_by_email
from app.store.audit import AuditSearch, chain, chain_head, entries_found
from tests.commands.world import WHOLE, words
from tests.web.consoles import PASSWORD, TESS, Console, text_of, the_form

CAL = "cal@mls.example"


@pytest.fixture
def console(database):
    console = Console(database)
    console.hire(CAL, Role.COMMANDER)
    return console


@pytest.fixture
def reader(console):
    return console.signed_in(CAL)


def post_an_update(console):
    """Tess reports a problem with the dashboard, from her own network."""
    with console.database.read() as session:
        account = account_by_email(session, TESS)
    tess = Actor(account.id, account.name, Means.CONSOLE, "192.0.2.7")
    draft = IncidentDraft("Nobody can sign in", words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}))
    with console.database.transaction(tess) as session:
        open_incident(session, draft, now=console.time(), author_id=account.id)


def write_words(browser, workaround):
    """Say on the page of the lockboxes what members do when they fail."""
    action = "/admin/components/lockboxes/words"
    form = the_form(browser.get("/admin/components/lockboxes").text, action)
    answer = browser.post(action, data=form | {"workaround": workaround})
    assert answer.status_code == 303, text_of(answer.text)


def newest(console, **search):
    with console.database.read() as session:
        return entries_found(session, AuditSearch(**search), before=None, most=1)[0]


def test_it_notes_what_was_said_in_full(console):
    post_an_update(console)
    row = newest(console, act="incident.opened")
    assert row.after["title"] == "Nobody can sign in"
    assert row.after["components"] == {"dashboard": "major_outage"}
    assert WHOLE.what_happened in row.after["headings"]


def test_it_notes_who_pressed_the_button_and_from_where(console):
    browser = console.browser(address="2001:db8:7:7::42")
    browser.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD})
    write_words(browser, "Call the showing desk.")
    row = newest(console, act="component.words_saved")
    assert (row.name, row.means, row.address) == ("Tess Marchetti", "console", "2001:db8:7:7::/64")
    assert (row.before["workaround"], row.after["workaround"]) == ("", "Call the showing desk.")


def test_it_shows_the_newest_first_and_links_to_the_thing(console, reader):
    post_an_update(console)
    page = reader.get("/admin/audit").text
    row = newest(console, act="incident.opened")
    assert "Incident opened" in page
    assert f'href="/admin/incidents/{row.subject}"' in page
    assert "Console from 192.0.2.7" in text_of(page)


def test_it_finds_by_person_act_and_day(console, reader):
    post_an_update(console)
    tess = newest(console, act="incident.opened").account_id
    assert "Incident opened" in reader.get(f"/admin/audit?person={tess}").text
    found = reader.get("/admin/audit?person=nobody").text
    assert "Nothing that matches." in found
    assert reader.get("/admin/audit?act=incident.opened").text.count("<article") == 1
    assert "Nothing that matches." in reader.get("/admin/audit?since=2027-01-01").text
    assert "Nothing that matches." not in reader.get("/admin/audit?since=2026-04-04&until=2026-04-04").text
    assert "Nothing that matches." in reader.get("/admin/audit?until=2026-04-03").text


def test_a_day_that_is_none_is_said_beside_its_field(reader):
    answer = reader.get("/admin/audit?since=yesterday")
    assert answer.status_code == 422
    assert "“yesterday” is not a date." in answer.text


def test_it_pages_through_a_long_log(console, reader):
    browser = console.signed_in()
    for number in range(60):
        write_words(browser, f"Call the showing desk, line {number}.")
    first = reader.get("/admin/audit").text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = reader.get(older).text
    assert first.count("<article") == 50
    assert 0 < second.count("<article") < 50


@pytest.mark.parametrize("before", ["-1", "0", "9" * 40, "x"])
def test_a_strange_page_number_is_no_fault(reader, before):
    assert reader.get(f"/admin/audit?before={before}").status_code in (200, 422)


def test_it_verifies_the_whole_log_on_request(console, reader):
    post_an_update(console)
    with console.database.read() as session:
        number = chain_head(session).seq
    answer = reader.post("/admin/audit/verification")
    assert f"All {number:,} entries are as they were written." in text_of(answer.text)


def test_it_names_the_entry_at_which_the_log_was_changed(console, reader):
    post_an_update(console)
    with console.database.engine.begin() as connection:
        if console.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        connection.execute(text("UPDATE audit_entry SET name = 'Nobody' WHERE seq = 2"))
    page = text_of(reader.post("/admin/audit/verification").text)
    assert "The log was changed at entry 2" in page
    assert "Entry 2 was altered." in page


def test_it_downloads_the_whole_log_and_notes_that(console, reader):
    post_an_update(console)
    answer = reader.post("/admin/audit/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["act"] == "audit.exported"
    assert {line["previous_hash"] for line in lines[1:]} == {line["hash"] for line in lines[:-1]}


def test_after_a_quarter_of_an_hour_the_download_asks_who_is_there(console, reader):
    console.time.pass_by(minutes=20)
    assert "audit.exported" not in reader.post("/admin/audit/export").text
    with console.database.read() as session:
        assert entries_found(session, AuditSearch(act="audit.exported"), before=None, most=1) == []


def test_a_communications_lead_does_not_see_it(console):
    browser = console.signed_in(TESS)
    assert browser.get("/admin/audit").status_code == 403
    assert 'href="/admin/audit"' not in browser.get("/admin/more").text


def test_what_the_console_did_is_one_whole_chain(console):
    post_an_update(console)
    with console.database.read() as session:
        assert verify(chain(session), chain_head(session), Head()).is_whole
