"""Words that promise something on a night with nobody on duty are held until their writer says who keeps it (R22)."""

from datetime import timedelta

import pytest

from app.commands.roster import ShiftDraft, add_shift
from app.store.incidents import open_incidents
from tests.commands.duty import man
from tests.web.consoles import problems_on, text_of, the_form

NEW = "/admin/incidents/new"
INCIDENTS = "/admin/incidents"


def published(console, **more):
    browser = console.signed_in()
    sent = the_form(browser.get(f"{NEW}?component=dashboard").text, INCIDENTS)
    return browser.post(INCIDENTS, data=sent | {"notify": ["no"]} | more)


def opened(console) -> int:
    with console.database.read() as session:
        return len(open_incidents(session))


@pytest.fixture
def people(console):
    with console.database.transaction() as session:
        return man(session, at=console.time(), empty=("comms_lead",))


def test_r22_publishing_waits_while_tonight_is_empty_and_says_from_when(console, people):
    refused = published(console)
    assert refused.status_code == 422
    assert problems_on(refused.text) == {
        "empty_tonight": "Communications lead: nobody is on duty at all yet, so nobody would keep this promise."
    }
    assert "Put somebody on duty instead" in text_of(refused.text)
    assert opened(console) == 0
    assert published(console, empty_tonight="on").status_code == 303
    assert opened(console) == 1


def test_it_goes_out_at_once_where_somebody_is_there_until_the_morning(console, people):
    now = console.time()
    with console.database.transaction() as session:
        shift = ShiftDraft("comms_lead", people["Tess"], now - timedelta(hours=1), now + timedelta(hours=12))
        add_shift(session, shift, now=now)
    assert published(console).status_code == 303


def test_a_shift_that_ends_before_the_morning_leaves_tonight_empty(console, people):
    now = console.time()
    with console.database.transaction() as session:
        shift = ShiftDraft("comms_lead", people["Tess"], now - timedelta(hours=1), now + timedelta(hours=2))
        add_shift(session, shift, now=now)
    assert "nobody is on duty from Sat, Apr 4, 11:50 PM" in published(console).text


def test_without_a_roster_nobody_is_held_up(console):
    assert published(console).status_code == 303
