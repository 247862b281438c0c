"""The report as it is generated: the demo's worst night, on the page, in Markdown and on paper."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from app.domain.incidents import Incident
from app.domain.report import Heading, Report
from app.importers.demo import load_demo
from app.publish.language import Language
from app.publish.report import as_markdown, as_paper, report_of
from app.store.incidents import incident_row, incidents_by_id
from app.store.organisation import the_organisation
from app.store.report import report_row
from app.store.report_facts import ReportFacts, report_facts
from app.store.session import Database
from app.store.timeline import timeline_of
from tests.commands.sign_ups import VAULT
from tests.importers.test_demo import DEMO

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


def the_report(database: Database, reference: str) -> tuple[Incident, ReportFacts, Report, Language]:
    with database.read() as session:
        row = incident_row(session, reference)
        assert row is not None
        incident = incidents_by_id(session, [row.id])[row.id]
        facts, course = report_facts(session, row.id), timeline_of(session, row.id)
        language = Language("en", the_organisation(session).zone)
    return incident, facts, report_of(incident, course, facts, language, "monitoring"), language


@pytest.fixture
def demo(database: Database) -> Database:
    load_demo(database, VAULT, now=NOW)
    return database


def flat(text: str) -> str:
    return "".join(text.split())


def test_r60_markdown_and_paper_have_the_eight_headings_in_order_and_every_update(demo: Database) -> None:
    incident, facts, report, language = the_report(demo, "HP-2026-0404")
    markdown = as_markdown(report, language)
    paper = PdfReader(BytesIO(as_paper(report, language, NOW)))
    printed = flat("".join(page.extract_text() for page in paper.pages))
    for text in (flat(markdown), printed):
        places = [text.index(flat(heading.in_words)) for heading in Heading]
        assert places == sorted(places)
    assert [line[3:] for line in markdown.splitlines() if line.startswith("## ")] == [each.in_words for each in Heading]
    assert len(incident.updates) == 10
    events = report.section(Heading.TIMELINE).events
    for update in incident.updates:
        assert any(update.body in event.action and event.at == update.said_at for event in events)
        assert flat(update.body)[:60].replace("“", '"') in flat(markdown)
        assert flat(update.body.split("-")[0])[:24] in printed
    assert len(facts.actions) == 2


def test_r60_what_was_late_stands_in_the_report_and_cannot_be_edited_away(demo: Database) -> None:
    _, _, report, _ = the_report(demo, "HP-2026-0512")
    [late] = report.section(Heading.TIMELINE).facts
    assert late == ("Late: the update promised for May 13, 2026, 4:30 PM CT came at May 13, 2026, 5:10 PM CT.")


def test_r63_the_demos_reports_are_due_when_the_file_says_and_one_came_a_day_late(demo: Database) -> None:
    told = {item["id"]: item for item in DEMO["incidents"] if "postmortem_due" in item}
    late = []
    with demo.read() as session:
        zone = the_organisation(session).zone
        for reference, item in told.items():
            incident = incident_row(session, reference)
            assert incident is not None
            row = report_row(session, incident.id)
            assert row is not None
            assert row.due_on == item["postmortem_due"], reference
            assert row.finished_at is not None
            if row.finished_at.astimezone(zone).date() > row.due_on:
                late.append(reference)
    assert late == ["HP-2026-0512"]
