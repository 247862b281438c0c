"""The service manager is copied on everything: one mail for each notice, whoever else is told (R23)."""

import pytest

from app.commands.copies import keep_service_manager
from app.commands.subscribers import change, opt_out
from app.deliver.fan_out import FanOut
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.subscribers import Choices, SubscriptionStatus
from app.store.session import Database
from app.store.subscribers import SERVICE_MANAGER, SubscriptionRow, key_of, subscription_by_address
from tests.commands.sign_ups import MAILBOX, VAULT
from tests.deliver.test_drills import rehearse
from tests.deliver.world import deliveries, now, prepare, say

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


def test_every_notice_has_one_copy_whoever_else_is_told(database):
    prepare(database)
    keep(database)
    incident, first = say(database)
    _, second = say(database, incident, status=IncidentStatus.RESOLVED)
    _, drill = rehearse(database)
    for notice_id in (first, second, drill):
        FanOut(database, lambda *_: None).run(notice_id)
    assert copies(database) == [first, second, drill]


def test_no_link_and_no_reply_ends_it(database):
    prepare(database)
    keep(database)
    with database.transaction() as session:
        for means in (Means.ONE_CLICK, Means.SIGNED_LINK, Means.STAFF):
            opt_out(session, manager_of(session), means, now=now())
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


def test_an_address_that_is_none_is_refused(database):
    prepare(database)
    with pytest.raises(RefusedError):
        keep(database, "not a mailbox")
