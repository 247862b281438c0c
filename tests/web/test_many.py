"""A message to many asks for a fresh proof of who writes it, and keeps the words; one to few does not."""

import pytest

from app.store.incidents import open_incidents
from app.store.organisation import organisation_row
from tests.deliver.world import subscribe
from tests.web.consoles import PASSWORD, problems_on, text_of, the_form

INCIDENTS, CONFIRM = "/admin/incidents", "/admin/confirm"
SAID = "Nobody can sign in since lunch."


@pytest.fixture
def browser(console):
    """Somebody who signed in half an hour ago, at an organisation that calls four many; four would hear."""
    with console.database.transaction() as session:
        organisation_row(session).confirm_above = 3
        subscribe(session, 4)
    browser = console.signed_in()
    console.time.pass_by(minutes=30)
    return browser


def first_words(browser, **fields):
    """The form of a new incident, filled in and sent."""
    form = the_form(browser.get(f"{INCIDENTS}/new").text, INCIDENTS)
    said = {"components": ["dashboard"], "what_happened": [SAID], "done": ["We see it."], "next_step": ["A look."]}
    return browser.post(INCIDENTS, data=form | said | {name: [value] for name, value in fields.items()})


def opened(console):
    """The incidents that are open."""
    with console.database.read() as session:
        return open_incidents(session)


def test_it_asks_keeps_the_words_and_publishes_them_once_confirmed(browser, console):
    asked = first_words(browser)
    assert asked.status_code == 401
    assert opened(console) == []
    back = browser.post(CONFIRM, data=the_form(asked.text, CONFIRM) | {"password": PASSWORD})
    assert SAID in text_of(back.text)
    assert browser.post(INCIDENTS, data=the_form(back.text, INCIDENTS)).status_code == 303
    (incident,) = opened(console)
    assert incident.newest.headings.what_happened == SAID


def test_a_fresh_sign_in_is_not_asked(browser, console):
    assert first_words(console.signed_in()).status_code == 303
    assert len(opened(console)) == 1


@pytest.mark.parametrize("fields", [{"notify": "no"}, {"is_drill": "1"}])
def test_it_asks_nobody_when_few_or_none_would_hear(browser, console, fields):
    assert first_words(browser, **fields).status_code == 303


def test_the_organisation_says_how_many_are_many(browser, console):
    with console.database.transaction() as session:
        organisation_row(session).confirm_above = 4
    assert first_words(browser).status_code == 303


def test_it_says_what_is_missing_before_it_asks(browser):
    answer = first_words(browser, done="")
    assert (answer.status_code, list(problems_on(answer.text))) == (422, ["done"])


def test_an_update_and_a_correction_ask_as_well(browser, console):
    assert first_words(browser, notify="no").status_code == 303
    path = f"{INCIDENTS}/{opened(console)[0].id}"
    for event in ("update", "correction"):
        form = the_form(browser.get(path).text, f"{path}/updates")
        said = {"event": event, "what_happened": "Again.", "done": "Seen.", "next_step": "More."}
        assert browser.post(f"{path}/updates", data=form | said).status_code == 401
    assert len(opened(console)[0].updates) == 1
