"""The four questions on their page: the answers are kept, the urgency follows, nothing is lost."""

import pytest

from app.commands.incidents import IncidentDraft, open_incident
from app.store.incidents import incident_row, urgency_answers
from tests.commands.world import NOW, words
from tests.web.consoles import problems_on, the_form

CALM = {"blocked": "no", "deadline": "no", "workaround": "no", "nuisance": "yes"}


@pytest.fixture
def incident(console):
    with console.database.transaction() as session:
        return open_incident(session, IncidentDraft("Down", words(), severity="critical"), now=NOW)


def path_of(incident):
    return f"/admin/incidents/{incident.id}/urgency"


def test_r06_it_keeps_the_answers_and_the_urgency_follows(console, incident):
    browser = console.signed_in()
    form = the_form(browser.get(path_of(incident)).text, path_of(incident))
    assert browser.post(path_of(incident), data=form | CALM).status_code == 303
    with console.database.read() as session:
        row = incident_row(session, incident.id)
        assert (row.severity, row.urgency) == ("critical", "medium")
        assert urgency_answers(row).in_words == "blocked: no, deadline: no, workaround: no, nuisance: yes"
    again = the_form(browser.get(path_of(incident)).text, path_of(incident))
    assert {name: again[name] for name in CALM} == {name: [said] for name, said in CALM.items()}


def test_it_asks_for_the_answer_that_is_missing_and_keeps_the_others(console, incident):
    browser = console.signed_in()
    refused = browser.post(path_of(incident), data=CALM | {"deadline": "", "version": incident.version})
    assert refused.status_code == 422
    assert problems_on(refused.text) == {"deadline": "Answer with yes or no."}
    assert the_form(refused.text, path_of(incident))["nuisance"] == ["yes"]


def test_it_changes_nothing_that_somebody_else_changed_meanwhile(console, incident):
    answer = console.signed_in().post(path_of(incident), data=CALM | {"version": incident.version + 1})
    assert answer.status_code == 409
    with console.database.read() as session:
        assert urgency_answers(incident_row(session, incident.id)) is None
