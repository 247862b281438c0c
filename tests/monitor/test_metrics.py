"""Metrics: everything the issue names, from the rows, also with the database away."""

import urllib.request
from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from app.commands.incidents import IncidentDraft, open_incident
from app.deliver.fan_out import FanOut
from app.domain.channels import Channel
from app.domain.deliveries import Outcome, State
from app.monitor.metrics import Metrics
from app.publish.documents import Edition
from app.store.deliveries import DeliveryRow
from app.store.heartbeats import beat
from app.store.session import Database
from tests.commands.world import NOW, SOON, build, words
from tests.deliver.world import now, say, subscribe
from tests.ports import free_port
from tests.web.editions import edition


def told(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name, or by its name and labels."""
    port = free_port()
    stop = metrics.serve("127.0.0.1", port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    finally:
        stop()
    return {
        sample.name + "".join(f",{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(database: Database, shown: Edition | None = None, **options: float) -> Metrics:
    return Metrics(database, lambda: shown, clock=lambda: NOW, **options)


def test_it_tells_the_age_of_what_is_served(database):
    found = told(of(database, edition(7, as_of=NOW - timedelta(seconds=90))))
    assert found["porchlight_snapshot_generation"] == 7
    assert found["porchlight_snapshot_age_seconds"] == 90
    assert told(of(database))["porchlight_snapshot_loaded"] == 0


def test_it_tells_what_waits_and_who_works(database):
    with database.transaction() as session:
        build(session)
        beat(session, "one", "worker", NOW - timedelta(seconds=5))
        beat(session, "dead", "worker", NOW - timedelta(seconds=95))
    found = told(of(database))
    assert found["porchlight_database_up"] == 1
    assert found["porchlight_workers_alive"] == 1
    assert found["porchlight_incidents_open"] == 0
    assert found["porchlight_updates_overdue"] == 0
    assert found["porchlight_outbox_oldest_seconds"] >= 0


def test_it_tells_what_was_sent_by_channel_and_state_and_what_the_texts_cost(database):
    with database.transaction() as session:
        build(session)
        subscribe(session, 3)
        subscribe(session, 1, Channel.EMAIL)
    _, notice_id = say(database)
    FanOut(database, lambda *_: None).run(notice_id)
    with database.transaction() as session:
        rows = session.execute(sa.select(DeliveryRow).where(DeliveryRow.channel == Channel.SMS)).scalars()
        for row, outcome in zip(rows, (Outcome.SENT, Outcome.DELIVERED, Outcome.FAILED), strict=True):
            row.state, row.outcome = State.ENDED, outcome
    found = told(Metrics(database, lambda: None, clock=now, text_price=0.008))
    counts = {
        name.partition(",")[2]: count for name, count in found.items() if name.startswith("porchlight_deliveries,")
    }
    assert counts == {"sms,sent": 1, "sms,delivered": 1, "sms,failed": 1, "email,queued": 1}
    assert found["porchlight_texts_spend"] == pytest.approx(0.016)


def test_it_tells_which_promises_have_passed_and_how_long_the_oldest_change_waits(database):
    with database.transaction() as session:
        build(session)
        open_incident(session, IncidentDraft("Nobody can sign in", words()), now=NOW)
    in_time = told(of(database))
    late = told(Metrics(database, lambda: None, clock=lambda: SOON + timedelta(minutes=1)))
    assert (in_time["porchlight_updates_overdue"], late["porchlight_updates_overdue"]) == (0, 1)
    assert late["porchlight_outbox_oldest_seconds"] == (SOON - NOW).total_seconds() + 60


def test_it_counts_how_long_a_publication_took(database):
    metrics = of(database)
    metrics.published(timedelta(milliseconds=250))
    metrics.published(timedelta(seconds=4))
    found = told(metrics)
    assert found["porchlight_publish_to_visible_seconds_count"] == 2
    assert found["porchlight_publish_to_visible_seconds_bucket,0.3"] == 1
    assert found["porchlight_publish_to_visible_seconds_sum"] == pytest.approx(4.25)


def test_it_tells_its_own_numbers_with_the_database_away():
    away = Database.open("postgresql://nobody@127.0.0.1:9/none")
    found = told(of(away, edition(3)))
    away.close()
    assert found["porchlight_database_up"] == 0
    assert found["porchlight_snapshot_generation"] == 3
    assert "porchlight_workers_alive" not in found
