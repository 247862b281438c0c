"""Two questions to members, and the report for people outside: looking does nothing, a button does."""

from datetime import timedelta

import pytest

from app.commands.circulation import circulate
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.report import finish_report
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.report import Heading, Report, Section
from app.domain.survey import SurveyAnswer
from app.store.circulation import reader_rows, reading_link
from app.store.survey import survey_answers
from app.web.survey import SurveyParts, build_survey
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, words
from tests.web.consoles import Browser, text_of

AFTER = NOW + timedelta(hours=4)


@pytest.fixture
def incident(console):
    with console.database.transaction() as session:
        states = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
        found = open_incident(session, IncidentDraft("Dashboard down", words(components=states)), now=NOW)
        post_update(session, found.id, UpdateDraft(IncidentStatus.RESOLVED, body="It is over."), now=NOW)
    return found


@pytest.fixture
def member(console):
    app = build_survey(SurveyParts(console.database, VAULT, lambda: AFTER), secure=False)
    return Browser(app, "http://status.mls.example", address="192.0.2.7", headers={})


def kept(console, incident):
    with console.database.read() as session:
        found = survey_answers(session, [incident.id]).get(incident.id, [])
    return [SurveyAnswer(each.told, each.worked, each.words, each.language) for each in found]


def test_r47_a_look_keeps_nothing_and_an_answer_belongs_to_its_incident(console, incident, member):
    path = f"/survey/{incident.id}"
    assert "Two questions about: Dashboard down" in text_of(member.get(path).text)
    assert kept(console, incident) == []
    missing = member.post(path, data={"told": "yes", "words": "More links, please."})
    assert missing.status_code == 422
    assert "More links, please." in missing.text
    answer = member.post(path, data={"told": "yes", "worked": "partly", "words": "More links, please."})
    assert answer.headers["location"] == f"{path}?thanks=1"
    assert "Thank you." in text_of(member.get(answer.headers["location"]).text)
    spanish = member.post(f"/es{path}", data={"told": "no", "worked": "no"})
    assert spanish.headers["location"] == f"/es{path}?thanks=1"
    assert sorted(each.language for each in kept(console, incident)) == ["en", "es"]
    assert kept(console, incident)[-1].words in ("", "More links, please.")


def test_r47_nobody_is_asked_about_what_is_open_or_unknown_and_no_other_site_answers(console, incident, member):
    assert member.get("/survey/none").status_code == 404
    elsewhere = member.post(
        f"/survey/{incident.id}", data={"told": "yes", "worked": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert elsewhere.status_code == 403
    assert kept(console, incident) == []


def test_r62_a_reader_outside_reads_of_teams_and_presses_the_button_themselves(console, incident, member):
    whole = Report("Dashboard down", "1", tuple(Section(heading, ("Known.",)) for heading in Heading))
    with console.database.transaction() as session:
        finish_report(session, whole, incident.id, now=AFTER)
        circulate(session, VAULT, incident.id, [], [("Quill", "ops@quill.example")], now=AFTER)
        [row] = reader_rows(session, incident.id)
        path = reading_link(VAULT, "", row.id)
    shown = member.get(path).text
    assert "Suspected root cause" in shown
    assert "Tess Marchetti" not in shown
    with console.database.read() as session:
        assert reader_rows(session, incident.id)[0].read_at is None
    assert member.post(path).status_code == 303
    with console.database.read() as session:
        assert reader_rows(session, incident.id)[0].read_at == AFTER
    assert "I have read it" not in member.get(path).text
    assert member.get(path[:-2] + "xx").status_code == 404
