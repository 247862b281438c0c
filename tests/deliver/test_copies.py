"""The service manager is copied on everything: one mail for each notice, whoever else is told (R23)."""

import pytest

from app.commands.copies import keep_service_manager
from app.commands.subscriber_records import erase
from app.commands.subscribers import change, give_up, opt_out
from app.deliver.fan_out import FanOut
from app.domain.channels import Channel, Programme
from app.domain.consent import ConsentAct, Means
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.subscribers import Choices, QuietHours, SubscriptionStatus
from app.store.session import Database
from app.store.subscribers import SERVICE_MANAGER, SubscriptionRow, frozen_subscription, key_of, subscription_by_address
from notifiers.base import Notice
from tests.commands.sign_ups import MAILBOX, VAULT, member
from tests.deliver.desk import Script, open_desk
from tests.deliver.test_drills import rehearse
from tests.deliver.world import deliveries, now, outcomes, prepare, say

MANAGER = "manager@mls.example"


def keep(database: Database, address: str = MANAGER) -> None:
    with database.transaction() as session:
        keep_service_manager(session, VAULT, address, now=now())


def manager_of(session, address: str = MANAGER) -> SubscriptionRow:
    return subscription_by_address(session, VAULT, Channel.EMAIL, address)


def copies(database: Database) -> list[int]:
    """The notices of which the service manager has a delivery."""
    with database.read() as session:
        wanted = key_of(manager_of(session))
    return [row.notice_id for row in deliveries(database) if row.subscription_id == wanted]


def test_r23_every_notice_has_one_copy_whoever_else_is_told(database):
    prepare(database)
    keep(database)
    incident, first = say(database)
    _, second = say(database, incident, status=IncidentStatus.RESOLVED)
    _, drill = rehearse(database)
    for notice_id in (first, second, drill):
        FanOut(database, lambda *_: None).run(notice_id)
    assert copies(database) == [first, second, drill]


def test_r23_no_link_and_no_reply_ends_the_copy(database):
    prepare(database)
    keep(database)
    with database.transaction() as session:
        for means in (Means.ONE_CLICK, Means.SIGNED_LINK):
            opt_out(session, manager_of(session), means, now=now())
        with pytest.raises(RefusedError, match="cannot be removed"):
            opt_out(session, manager_of(session), Means.STAFF, now=now())
        with pytest.raises(RefusedError, match="cannot be removed"):
            erase(session, manager_of(session), now=now(), account_id="a")
        with pytest.raises(RefusedError):
            change(session, VAULT, key_of(manager_of(session)), Choices(), now=now())
        assert manager_of(session).status == SubscriptionStatus.ACTIVE


def test_keeping_it_again_changes_nothing(database):
    prepare(database)
    keep(database)
    with database.read() as session:
        before = manager_of(session).model_dump()
    keep(database)
    with database.read() as session:
        assert manager_of(session).model_dump() == before


@pytest.mark.parametrize("successor", [MAILBOX, ""])
def test_who_had_the_part_before_is_let_go(database, successor):
    prepare(database)
    keep(database)
    keep(database, successor)
    with database.read() as session:
        assert (manager_of(session).status, manager_of(session).source) == (SubscriptionStatus.OPTED_OUT, "")
        if successor:
            assert manager_of(session, successor).source == SERVICE_MANAGER


CHOSEN = Choices(
    programmes=frozenset({Programme.MAINTENANCE}),
    components=frozenset({"forms"}),
    language="es",
    quiet=QuietHours.parse("00:00", "23:59"),
)


def test_who_subscribes_already_gets_everything_and_keeps_their_choices_for_later(database):
    prepare(database)
    with database.transaction() as session:
        key = member(session, MANAGER, Channel.EMAIL, choices=CHOSEN)
        chosen = frozen_subscription(session, manager_of(session), VAULT).choices
    keep(database, MANAGER)
    _, outage = say(database)
    _, drill = rehearse(database)
    script = Script(name=Channel.EMAIL)
    with open_desk(database, script, compose=lambda _, item: Notice(str(item.delivery_id), "x")) as desk:
        for notice_id in (outage, drill):
            desk.send(notice_id)
    assert copies(database) == [outage, drill]
    assert outcomes(database) == {"sent": 2}
    keep(database, "")
    with database.read() as session:
        row = manager_of(session)
        assert (key_of(row), row.status, row.source) == (key, SubscriptionStatus.ACTIVE, "")
        assert frozen_subscription(session, row, VAULT).choices == chosen
    _, after = say(database)
    FanOut(database, lambda *_: None).run(after)
    assert copies(database) == [outage, drill]


def test_a_copy_that_complained_or_bounced_is_not_sent_to(database):
    prepare(database)
    keep(database)
    for act in (ConsentAct.BOUNCED, ConsentAct.COMPLAINED):
        with database.transaction() as session:
            give_up(session, manager_of(session), act, now=now())
        _, notice_id = say(database)
        FanOut(database, lambda *_: None).run(notice_id)
    assert copies(database) == []


def test_an_address_that_is_none_is_refused(database):
    prepare(database)
    with pytest.raises(RefusedError):
        keep(database, "not a mailbox")
