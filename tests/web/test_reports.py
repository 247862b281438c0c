""" "I'm having trouble too": one tap, an honest answer, and nobody floods it."""

from datetime import UTC, datetime

import httpx
import pytest

from app.commands.probes import add_probe, take_in_looks
from app.domain.probes import Look, ProbeDraft, ProbeKind
from app.publish.is_it_me import Fault
from app.store.reports import recent_reports
from app.store.session import Database
from app.web.reports import ReportParts, build_reports
from tests.commands.world import build
from tests.doubles.nodetools import html_faults
from tests.web.consoles import Browser, text_of

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


@pytest.fixture
def site(database: Database) -> ReportParts:
    with database.transaction() as session:
        build(session)
    return ReportParts(database, "http://status.example", clock=lambda: NOW)


def browser(site: ReportParts, address: str = "203.0.113.7", **headers: str) -> Browser:
    return Browser(build_reports(site, secure=False), "http://status.example", address=address, headers=headers)


def counted(site: ReportParts) -> int:
    with site.database.read() as session:
        return len(recent_reports(session, NOW).get("forms", ()))


def tap(site: ReportParts, address: str = "203.0.113.7", **headers: str) -> httpx.Response:
    return browser(site, address, **headers).post("/is-it-me/reports", data={"component": "forms"})


def test_one_tap_is_counted_and_answered_honestly_without_a_cookie(site):
    answer = tap(site)
    assert (answer.status_code, answer.headers["location"]) == (303, "/is-it-me/reports/forms")
    page = browser(site).get("/is-it-me/reports/forms")
    assert counted(site) == 1
    assert "1 member reported trouble in the last 30 minutes" in page.text
    assert "Not being checked" in page.text
    assert "set-cookie" not in {**answer.headers, **page.headers}
    assert html_faults({"/reported.html": page.text}) == []


def test_an_office_that_taps_on_is_answered_and_not_counted_again(site):
    answers = [tap(site) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {303}
    assert answers[-1].headers["location"].endswith("?again=1")
    assert "has told us already" in browser(site).get(answers[-1].headers["location"]).text
    assert counted(site) == 3


def test_it_speaks_spanish(site):
    answer = browser(site).post("/es/is-it-me/reports", data={"component": "forms"})
    page = browser(site).get(answer.headers["location"])
    assert answer.headers["location"] == "/es/is-it-me/reports/forms"
    assert "1 miembro avisó de problemas" in page.text


def test_others_who_report_change_the_answer(site):
    for number in range(8):
        tap(site, f"198.51.100.{number}")
    page = browser(site).get("/is-it-me/reports/forms")
    assert f'class="fault {Fault.NOT_SURE}"' in page.text
    assert "Other members report trouble with it too" in page.text


def test_another_site_cannot_make_its_readers_report(site):
    assert tap(site, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert counted(site) == 0


@pytest.mark.parametrize("posted", [{}, {"component": "nothing"}, {"component": "x" * 900}])
def test_what_is_no_service_is_said_in_words(site, posted):
    answer = browser(site).post("/is-it-me/reports", data=posted)
    assert (answer.status_code, "not on the page" in answer.text) == (404, True)


def test_reading_the_answer_counts_nothing(site):
    for _ in range(3):
        browser(site).get("/is-it-me/reports/forms")
    assert counted(site) == 0


def test_a_database_that_is_away_is_said_in_words(site):
    lost = ReportParts(Database.open("postgresql://127.0.0.1:1/none"), "http://status.example", clock=lambda: NOW)
    answer = tap(lost)
    assert (answer.status_code, "cannot be counted" in answer.text) == (503, True)


@pytest.mark.parametrize(
    ("reports", "verdict"), [(1, "probably you"), (8, "not sure")], ids=["one report", "eight reports"]
)
def test_r12_with_green_checks_one_report_is_probably_you_and_eight_are_not_sure(site, reports, verdict):
    with site.database.transaction() as session:
        up = ProbeDraft(ProbeKind.HTTP, {"url": "https://forms.example/up"})
        probe_id = add_probe(session, "forms", up, now=NOW)
        take_in_looks(session, {probe_id: Look(is_well=True, seconds=0.2)}, now=NOW)
    for number in range(reports):
        tap(site, f"203.0.113.{number}")
    said = text_of(browser(site).get("/is-it-me/reports/forms").text)
    assert verdict in said.lower()
    assert "got through" in said
    assert f"{reports} member{'s' if reports > 1 else ''} reported trouble in the last 30 minutes" in said
