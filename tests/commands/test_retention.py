"""What is forgotten by itself: traces of people that nobody needs any more, and never the proof."""

from datetime import timedelta

import sqlalchemy as sa

from app.commands.retention import forget_personal_traces
from app.commands.subscribers import hold
from app.domain.stop_words import Meaning
from app.domain.subscribers import SubscriptionStatus
from app.store.audit import chain
from app.store.consents import ConsentRow, consents_of
from app.store.deliveries import ATTEMPT
from app.store.notices import NoticeRow
from app.store.replies import ReplyRow, replies_of
from app.store.subscribers import subscription_row
from tests.commands.sign_ups import member
from tests.commands.world import NOW, build
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import now, outcomes, prepare, say

LATER = NOW + timedelta(days=800)
KEPT = timedelta(days=730)


def texted(session, subscription_id: int, meaning: Meaning, **fields) -> None:
    row = ReplyRow(id=f"SM{meaning}", subscription_id=subscription_id, sender_cipher=b"1", text_cipher=b"2", **fields)
    row.meaning, row.received_at = meaning, fields.get("received_at", NOW)
    session.add(row)


def test_replies_and_networks_go_and_what_was_agreed_to_stays(database):
    with database.transaction() as session:
        build(session)
        subscription_id = member(session)
        texted(session, subscription_id, Meaning.HELP)
        session.execute(sa.update(ConsentRow).values(network="203.0.113.7"))
    with database.transaction() as session:
        before = [(row.at, row.act, row.means, row.words) for row in consents_of(session, subscription_id)]
        forget_personal_traces(session, LATER - KEPT, now=LATER)
    with database.read() as session:
        log = consents_of(session, subscription_id)
        assert [(row.at, row.act, row.means, row.words) for row in log] == before
        assert {row.network for row in log} == {""}
        assert replies_of(session, subscription_id) == []
        assert subscription_row(session, subscription_id).status == SubscriptionStatus.ACTIVE
        assert [entry.after for _, entry in chain(session) if entry.act == "traces.forgotten"] == [
            {"replies": 1, "networks": len(log), "tries": 0}
        ]


def test_what_is_younger_and_what_a_person_has_still_to_read_stays(database):
    with database.transaction() as session:
        build(session)
        subscription_id = member(session)
        hold(session, subscription_row(session, subscription_id), now=NOW)
        texted(session, subscription_id, Meaning.UNCLEAR)
        texted(session, subscription_id, Meaning.HELP, received_at=LATER - timedelta(days=1))
    with database.transaction() as session:
        forget_personal_traces(session, LATER - KEPT, now=LATER)
        assert len(replies_of(session, subscription_id)) == 2
        assert "traces.forgotten" not in [entry.act for _, entry in chain(session)]


def test_single_tries_of_old_notices_go_and_how_each_delivery_ended_stays(database):
    prepare(database, 3)
    incident, old = say(database)
    with open_desk(database, Script()) as desk:
        desk.send(old)
        _, recent = say(database, incident)
        desk.send(recent)
    with database.transaction() as session:
        session.execute(sa.update(NoticeRow).where(NoticeRow.id == old).values(created_at=NOW))
        session.execute(sa.update(ATTEMPT).where(ATTEMPT.c.delivery_id <= 3).values(at=NOW))
    with database.transaction() as session:
        forget_personal_traces(session, now() - timedelta(days=30), now=now())
        left = session.execute(sa.select(ATTEMPT.c.delivery_id).order_by(ATTEMPT.c.delivery_id)).scalars().all()
        assert left == [4, 5, 6]
    assert outcomes(database, old) == outcomes(database, recent) == {"sent": 3}
