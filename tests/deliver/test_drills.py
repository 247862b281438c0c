"""A drill reaches test recipients and nobody else, and never the page (R70)."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.commands.incidents import IncidentDraft, open_incident
from app.deliver.fan_out import FanOut
from app.domain.channels import Channel
from app.domain.incidents import Incident
from app.publish.catalogue import all_parts
from app.publish.freeze import Freezer
from app.store.incidents import is_any_open, open_incidents
from app.store.notices import notices_about
from app.store.session import Database
from app.store.subscribers import SubscriptionRow
from tests.commands.world import words
from tests.deliver.world import DOWN, deliveries, prepare, subscribe


def rehearse(database: Database) -> tuple[Incident, int]:
    """Open a drill whose undo is over; the incident and its notice."""
    at = datetime.now(UTC)
    with database.transaction() as session:
        said = words(components=DOWN, next_update_at=at + timedelta(hours=1))
        drill = open_incident(session, IncidentDraft("A rehearsal", said, is_drill=True), now=at)
        notice = notices_about(session, drill.id)[-1]
        session.execute(sa.text("UPDATE outbox SET generation = 1"))
        assert notice.is_drill
        return drill, notice.id or 0


def test_it_reaches_test_recipients_alone(database):
    prepare(database, 5)
    with database.transaction() as session:
        subscribe(session, 2, is_test=True)
    _, notice_id = rehearse(database)
    FanOut(database, lambda *_: None).run(notice_id)
    with database.read() as session:
        testers = session.execute(sa.select(SubscriptionRow.id).where(SubscriptionRow.is_test)).scalars()
        assert {row.subscription_id for row in deliveries(database)} == set(testers)


def test_its_page_and_its_components_stay_as_they_are(database):
    prepare(database)
    drill, _ = rehearse(database)
    at = datetime.now(UTC)
    with database.read() as session:
        page = Freezer("https://status.example").freeze(session, at)
        rehearsal = Freezer("https://status.example", drills=True).freeze(session, at)
        assert not is_any_open(session)
        assert open_incidents(session) == []
        assert [incident.id for incident in open_incidents(session, drills=True)] == [drill.id]
    assert page.incidents == ()
    assert page.indicator[0].value == "none"
    assert [incident.id for incident in rehearsal.incidents] == [drill.id]
    assert rehearsal.by_slug["dashboard"].status == DOWN["dashboard"]


def test_r70_no_member_hears_of_a_drill_by_any_channel(database):
    prepare(database)
    with database.transaction() as session:
        for channel in Channel:
            subscribe(session, 2, channel=channel)
    _, notice_id = rehearse(database)
    FanOut(database, lambda *_: None).run(notice_id)
    assert deliveries(database) == []


def test_r70_no_public_page_feed_file_or_telephone_line_knows_of_a_drill(database):
    prepare(database)
    rehearse(database)
    with database.read() as session:
        page = Freezer("https://status.example").freeze(session, datetime.now(UTC))
    printed = {part.path: part.render(*part.inputs) for part in all_parts(page, ["dashboard.mls.example"])}
    assert len(printed) > 30
    assert [path for path, content in printed.items() if b"rehearsal" in content.lower()] == []
