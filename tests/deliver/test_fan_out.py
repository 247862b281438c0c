"""From one update to one delivery for everybody whom it concerns."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.commands.incidents import IncidentDraft, open_incident
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.notices import recall_notice
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.deliveries import BATCH_SIZE
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.subscribers import SubscriptionStatus
from app.store.components import ComponentRow
from app.store.deliveries import BatchRow
from app.store.notices import NoticeRow, newest_notices, notice_row
from app.store.session import Database
from app.store.subscribers import SubscriptionComponentRow, SubscriptionRow
from tests.commands.world import words
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import deliveries, now, outcomes, prepare, say, subscribe


def only_for(database: Database, slug: str) -> int:
    """One more subscriber, of this component alone; the subscription."""
    with database.transaction() as session:
        subscribe(session, 1, all_components=False)
        number = session.execute(sa.select(sa.func.max(SubscriptionRow.id))).scalar_one()
        component = session.execute(sa.select(ComponentRow.id).where(ComponentRow.slug == slug)).scalar_one()
        session.add(SubscriptionComponentRow(subscription_id=number, component_id=component))
        return int(number)


def told(database: Database, notice_id: int) -> set[int]:
    return {row.subscription_id for row in deliveries(database, notice_id)}


def test_it_writes_one_delivery_for_every_subscriber_however_often_it_runs(database: Database) -> None:
    prepare(database, 2 * BATCH_SIZE + 50)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
        desk.sending.fan_out(notice_id)
    assert outcomes(database) == {"waiting": 2 * BATCH_SIZE + 50}
    with database.read() as session:
        assert session.execute(sa.select(sa.func.count(BatchRow.id))).scalar_one() == 3


def test_who_subscribed_to_forms_hears_about_the_dashboard_that_is_their_door(database: Database) -> None:
    prepare(database)
    forms, lockboxes = only_for(database, "forms"), only_for(database, "lockboxes")
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    assert forms in told(database, notice_id)
    assert lockboxes not in told(database, notice_id)


def test_who_heard_that_it_is_down_hears_that_it_works(database: Database) -> None:
    prepare(database)
    forms = only_for(database, "forms")
    incident, _ = say(database)
    _, resolved = say(database, incident, status=IncidentStatus.RESOLVED)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(resolved)
    assert told(database, resolved) == {forms}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": SubscriptionStatus.PENDING},
        {"status": SubscriptionStatus.OPTED_OUT},
        {"status": SubscriptionStatus.BOUNCED},
        {"outages": False},
    ],
)
def test_it_leaves_out_whoever_did_not_ask_for_it(database: Database, fields: dict[str, object]) -> None:
    prepare(database, 3, **fields)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    assert deliveries(database) == []


def test_channels_do_not_share_a_batch(database: Database) -> None:
    prepare(database, 5)
    with database.transaction() as session:
        subscribe(session, 5, Channel.EMAIL)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    of_channel = {row.channel: row.batch_id for row in deliveries(database)}
    assert len(deliveries(database)) == 10
    assert len(set(of_channel.values())) == 2


def test_an_update_and_its_notice_are_kept_together_or_not_at_all(database: Database) -> None:
    prepare(database, 1)

    def change_ones_mind() -> None:
        with database.transaction() as session:
            open_incident(session, IncidentDraft("Down", words(next_update_at=now() + timedelta(hours=1))), now=now())
            assert len(newest_notices(session)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_ones_mind()
    with database.read() as session:
        assert newest_notices(session) == []


def test_an_update_that_should_not_notify_has_no_notice(database: Database) -> None:
    prepare(database, 1)
    with database.transaction() as session:
        draft = words(next_update_at=now() + timedelta(hours=1), notify=False)
        open_incident(session, IncidentDraft("Down", draft), now=now())
        assert newest_notices(session) == []


def test_r30_planned_work_is_told_to_those_who_take_that_programme_and_waits_behind_outages(database: Database) -> None:
    prepare(database, 2)
    with database.transaction() as session:
        subscribe(session, 1, maintenance=False)
        start = now() + timedelta(days=2)
        draft = MaintenanceDraft("New servers", "They move.", ["dashboard"], start, start + timedelta(hours=2))
        schedule_maintenance(session, draft, now=now())
        notice = newest_notices(session)[0]
        notice_id = notice.id or 0
        assert notice.priority == "bulk"
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    assert len(told(database, notice_id)) == 2


def test_a_notice_that_is_taken_back_within_its_hold_reaches_nobody_and_its_record_says_so(database: Database) -> None:
    prepare(database, 2)
    _incident, notice_id = say(database)
    with database.transaction() as session:
        notice: NoticeRow | None = notice_row(session, notice_id)
        assert notice is not None
        notice.held_until = now() + timedelta(seconds=20)
        recall_notice(session, notice_id, now=now())
    script = Script()
    with open_desk(database, script) as desk:
        assert desk.sending.sweep(timedelta(seconds=-30)) == 1  # owed once its hold is over
        desk.send(notice_id)
        assert desk.sending.sweep(timedelta(seconds=-30)) == 0
    assert script.taken == []
    assert outcomes(database) == {"recalled": 2}
    assert {row.due_at for row in deliveries(database)} == {None}


def test_what_is_on_its_way_cannot_be_taken_back(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    with pytest.raises(RefusedError, match="already on its way"), database.transaction() as session:
        recall_notice(session, notice_id, now=now())


def test_it_waits_for_the_page_two_seconds_at_most(database: Database) -> None:
    prepare(database, 1)
    before = now()
    _, notice_id = say(database, on_page=False)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    waited = (now() - before).total_seconds()
    assert len(deliveries(database)) == 1
    assert 1.9 < waited < 10


def test_it_does_not_wait_once_the_page_says_it(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    before = now()
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    assert (now() - before).total_seconds() < 1.5


def test_degraded_sites_that_keep_their_reach_stay_out_of_the_audience(database: Database) -> None:
    prepare(database)
    forms = only_for(database, "forms")
    _, notice_id = say(database, components={"dashboard": ComponentStatus.DEGRADED_PERFORMANCE})
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
    assert forms not in told(database, notice_id)
