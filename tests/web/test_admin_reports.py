"""Triage in the console: calls are counted at a tap, and "on it" is said once."""

import pytest

from app.commands.reports import report_trouble
from app.domain.accounts import Role
from app.domain.reports import ReportLimits
from app.store.reports import help_desk_counts
from app.store.suspicions import closed_suspicions, open_suspicions
from tests.doubles.nodetools import html_faults
from tests.web.consoles import NOW, Console


@pytest.fixture
def console(database):
    return Console(database)


def spike(console: Console) -> str:
    for number in range(6):
        with console.database.transaction() as session:
            report_trouble(session, "forms", f"203.0.113.{number}", ReportLimits(), now=NOW)
    with console.database.read() as session:
        return open_suspicions(session)[0].id


def test_the_help_desk_counts_a_call_at_a_tap(console):
    console.hire("hal@mls.example", Role.HELP_DESK)
    browser = console.signed_in("hal@mls.example")
    answer = browser.post("/admin/reports/calls", data={"component": "forms"})
    page = browser.get("/admin/reports")
    assert answer.status_code == 303
    assert "Contract forms: 1" in page.text
    with console.database.read() as session:
        assert help_desk_counts(session, NOW) == {"forms": 1}
    assert html_faults({"/admin/reports.html": page.text}) == []


def test_a_spike_stands_on_the_list_until_somebody_says_on_it(console):
    suspicion_id = spike(console)
    browser = console.signed_in()
    assert "nobody is on it yet" in browser.get("/admin/reports").text
    browser.post(f"/admin/reports/{suspicion_id}/acknowledgement")
    browser.post(f"/admin/reports/{suspicion_id}/acknowledgement")
    page = browser.get("/admin/reports").text
    assert "is on it" in page
    assert "On it</button>" not in page


def test_nothing_to_it_closes_it_and_a_second_time_says_so(console):
    suspicion_id = spike(console)
    browser = console.signed_in()
    assert browser.post(f"/admin/reports/{suspicion_id}/dismissal").status_code == 303
    again = browser.post(f"/admin/reports/{suspicion_id}/dismissal")
    assert (again.status_code, "closed already" in again.text) == (422, True)
    with console.database.read() as session:
        assert len(closed_suspicions(session, 5)) == 1


def test_an_incident_that_is_not_open_takes_no_suspicion(console):
    answer = console.signed_in().post(f"/admin/reports/{spike(console)}/incident", data={"incident_id": "nothing"})
    assert (answer.status_code, "Choose an incident that is open" in answer.text) == (422, True)
