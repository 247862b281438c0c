"""Triage in the console: calls are counted at a tap, and "on it" is said once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.commands.probes import add_probe, take_in_looks
from app.commands.reports import report_trouble
from app.commands.suspicions import acknowledge
from app.domain.accounts import Role
from app.domain.probes import Look, ProbeDraft, ProbeKind
from app.domain.reports import ReportLimits
from app.store.accounts import account_rows
from app.store.reports import help_desk_counts
from app.store.suspicions import open_suspicions, suspicions_of, suspicions_to_show
from tests.doubles.nodetools import html_faults
from tests.web.consoles import NOW, Console, problems_on, text_of, the_form


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
        assert len(suspicions_to_show(session, 5).closed) == 1


def test_an_incident_that_is_not_open_takes_no_suspicion(console):
    answer = console.signed_in().post(f"/admin/reports/{spike(console)}/incident", data={"incident_id": "nothing"})
    assert (answer.status_code, "Choose an incident that is open" in answer.text) == (422, True)


def failing_check(console: Console, *, acknowledged: bool = False) -> str:
    """A check of the forms page that has failed three times; the suspicion's id."""
    with console.database.transaction() as session:
        probe_id = add_probe(session, "forms", ProbeDraft(ProbeKind.HTTP, {"url": "https://forms.example/up"}), now=NOW)
        for _ in range(3):
            take_in_looks(session, {probe_id: Look(is_well=False, reason="answers 500")}, now=NOW)
        (found,) = open_suspicions(session)
        if acknowledged:
            acknowledge(session, found.id, account_rows(session)[0].id, now=NOW)
    return found.id


def test_r03_triage_shows_the_trigger_the_checks_the_reports_of_the_hour_and_the_matrix_together(console):
    failing_check(console, acknowledged=True)
    with console.database.transaction() as session:
        report_trouble(session, "forms", "203.0.113.1", ReportLimits(), now=NOW - timedelta(minutes=45))
    page = console.signed_in().get("/admin/reports").text
    said = text_of(page)
    for words in (
        "http https://forms.example/up: answers 500",
        "http https://forms.example/up: fails",
        "1 in the last hour",
        "Critical: widespread, most members cannot work Members hear every hour",
        "Low: minimal, and a workaround exists Members hear",
    ):
        assert words in said
    assert html_faults({"/admin/reports.html": page}) == []


def test_r03_an_incident_opened_from_a_failing_check_carries_its_check_ids(console):
    suspicion_id = failing_check(console)
    browser = console.signed_in()
    page = browser.get(f"/admin/incidents/new?suspicion={suspicion_id}").text
    form = the_form(page, "/admin/incidents")
    assert (form["components"], form["suspicion"], "answers 500" in page) == (["forms"], [suspicion_id], True)
    whole = form | {"title": ["Forms down"], "what_happened": ["Forms does not open."], "done": ["We asked."]}
    answer = browser.post("/admin/incidents", data=whole | {"next_step": ["They look."], "key": form["key"]})
    assert answer.status_code == 303, problems_on(answer.text)
    with console.database.read() as session:
        (kept,) = suspicions_of(session, answer.headers["location"].rpartition("/")[2].partition("?")[0])
        assert (kept.id, len(kept.check_ids), open_suspicions(session)) == (suspicion_id, 1, [])


def test_r07_the_form_of_the_incident_is_ready_from_the_suspicion_and_keeps_words_that_were_begun(console):
    suspicion_id = failing_check(console)
    browser = console.signed_in()
    path = f"/admin/incidents/new?suspicion={suspicion_id}"
    form = the_form(browser.get(path).text, "/admin/incidents")
    assert form["started_at"] == ["2026-04-04T21:50"]
    browser.post("/admin/incidents/draft", data=form | {"what_happened": ["Forms does not open."]})
    again = the_form(browser.get(path).text, "/admin/incidents")
    assert (again["what_happened"], again["suspicion"]) == (["Forms does not open."], [suspicion_id])


def test_r08_what_is_unusual_stands_on_triage_before_it_fails(console):
    with console.database.transaction() as session:
        probe_id = add_probe(session, "forms", ProbeDraft(ProbeKind.HTTP, {"url": "https://forms.example/up"}), now=NOW)
        for seconds in [0.2] * 20 + [1.0] * 3:
            take_in_looks(session, {probe_id: Look(is_well=True, seconds=seconds)}, now=NOW)
    browser = console.signed_in()
    assert "1 check is not as usual" in text_of(browser.get("/admin").text)
    said = text_of(browser.get("/admin/reports").text)
    assert "Unusual, and not failing yet" in said
    assert "takes 1.00 s, usually 0.2" in said
    assert "Nothing is suspected" in said


def test_the_day_is_drawn_and_told_in_words_for_all_and_for_one(console):
    failing_check(console)
    console.time.pass_by(minutes=30)
    browser = console.signed_in()
    for number in range(3):
        with console.database.transaction() as session:
            report_trouble(session, "lockboxes", f"203.0.113.{number}", ReportLimits(), now=NOW)
    everything, forms = (browser.get(f"/admin/reports/day{query}").text for query in ("", "?component=forms"))
    assert "3 reports in the last 24 hours; the most, 3, in the half hour from" in text_of(everything)
    assert "A check failed from" in text_of(forms)
    assert "Nobody reported trouble in the last 24 hours." in text_of(forms)
    assert html_faults({"/day.html": everything, "/forms.html": forms}) == []


@pytest.mark.parametrize("path", ["/admin/reports", "/admin/reports/day", "/admin/tickets", "/admin/checks"])
def test_a_page_of_triage_asks_the_database_little(console, path):
    failing_check(console, acknowledged=True)
    browser, told = console.signed_in(), []
    browser.get(path)
    count = lambda _connection, _cursor, statement, *_rest: told.append(statement)  # noqa: E731
    sa.event.listen(console.database.engine, "before_cursor_execute", count)
    browser.get(path)
    sa.event.remove(console.database.engine, "before_cursor_execute", count)
    assert len([statement for statement in told if not statement.startswith("BEGIN")]) <= 8
