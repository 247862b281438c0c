"""Double opt-in, choices that wait for it, and endings that stay ended."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.subscribers import (
    change,
    confirm,
    give_up,
    hold,
    opt_in,
    opt_out,
    release,
)
from app.domain.channels import Channel, Programme
from app.domain.consent import ConsentAct, Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.sign_ups import CODE_LASTS, CODE_TRIES
from app.domain.subscribers import Choices, QuietHours, SubscriptionStatus
from app.store.consents import consents_of
from app.store.outbox import OutboxRow, unpublished
from app.store.session import Database
from app.store.signed_links import confirmation_token
from app.store.subscribers import ConfirmationRow, SubscriptionRow, audience, frozen_subscription, subscription_row
from tests.commands.sign_ups import MAILBOX, VAULT, ask, code_of, member
from tests.commands.world import NOW, build

ONLY_FORMS = Choices(
    programmes=frozenset({Programme.OUTAGES}),
    components=frozenset({"forms"}),
    language="es",
    quiet=QuietHours.parse("22:00", "06:30", overridden=True),
)


@pytest.fixture(autouse=True)
def world(database: Database) -> None:
    with database.transaction() as session:
        build(session)


def requests_recorded(session) -> int:
    return len(session.exec(select(OutboxRow).where(OutboxRow.name == "confirmation_requested")).all())


def test_nobody_is_told_anything_before_they_confirm(database):
    with database.transaction() as session:
        subscription_id = ask(session)
        row = subscription_row(session, subscription_id)
        assert (row.status, row.outages, row.maintenance) == (SubscriptionStatus.PENDING, False, False)
        assert not session.exec(select(SubscriptionRow).where(audience(Programme.OUTAGES, []))).all()
        assert requests_recorded(session) == 1


def test_the_code_begins_what_was_asked_for(database):
    with database.transaction() as session:
        subscription_id = ask(session, choices=ONLY_FORMS)
        found = confirm(session, VAULT, subscription_id, code_of(session, subscription_id), Means.SMS_CODE, now=NOW)
    with database.read() as session:
        kept = frozen_subscription(session, subscription_row(session, subscription_id), VAULT)
    assert (found.status, found.choices) == (SubscriptionStatus.ACTIVE, ONLY_FORMS)
    assert kept == found


def test_the_link_begins_it_too(database):
    with database.transaction() as session:
        subscription_id = ask(session, MAILBOX, Channel.EMAIL)
        token = confirmation_token(VAULT, session.get(ConfirmationRow, subscription_id))
        assert confirm(session, VAULT, subscription_id, token, Means.EMAIL_LINK, now=NOW)


def test_a_code_works_once(database):
    with database.transaction() as session:
        subscription_id = ask(session)
        code = code_of(session, subscription_id)
        assert confirm(session, VAULT, subscription_id, code, Means.SMS_CODE, now=NOW)
        assert not confirm(session, VAULT, subscription_id, code, Means.SMS_CODE, now=NOW)


def test_a_late_code_is_void(database):
    with database.transaction() as session:
        subscription_id = ask(session)
        code = code_of(session, subscription_id)
        assert not confirm(session, VAULT, subscription_id, code, Means.SMS_CODE, now=NOW + CODE_LASTS)


def test_guessing_ends_after_a_few_tries(database):
    with database.transaction() as session:
        subscription_id = ask(session)
        code = code_of(session, subscription_id)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(CODE_TRIES):
        with database.transaction() as session:
            assert not confirm(session, VAULT, subscription_id, wrong, Means.SMS_CODE, now=NOW)
    with database.transaction() as session:
        assert not confirm(session, VAULT, subscription_id, code, Means.SMS_CODE, now=NOW)


def test_a_stranger_cannot_change_what_a_member_chose(database):
    with database.transaction() as session:
        subscription_id = member(session, choices=ONLY_FORMS)
        assert ask(session, choices=Choices()) == subscription_id
        row = subscription_row(session, subscription_id)
        assert frozen_subscription(session, row, VAULT).choices == ONLY_FORMS
        assert requests_recorded(session) == 2, "a known address is asked just as an unknown one is"


def test_an_address_is_asked_a_few_times_an_hour_at_most(database):
    with database.transaction() as session:
        ids = {ask(session, now=NOW + timedelta(minutes=minute)) for minute in range(9)}
        assert (len(ids), requests_recorded(session)) == (1, 3)
        ask(session, now=NOW + timedelta(minutes=61))
        assert requests_recorded(session) == 4


def test_who_texted_stop_is_not_texted_a_code(database):
    with database.transaction() as session:
        subscription_id = member(session)
        opt_out(session, subscription_row(session, subscription_id), Means.SMS_REPLY, now=NOW, words="STOP")
        ask(session)
        assert requests_recorded(session) == 1


def test_who_left_by_link_may_sign_up_again(database):
    with database.transaction() as session:
        subscription_id = member(session)
        opt_out(session, subscription_row(session, subscription_id), Means.SIGNED_LINK, now=NOW)
        assert member(session) == subscription_id
        assert subscription_row(session, subscription_id).status == SubscriptionStatus.ACTIVE


def test_r30_leaving_one_programme_keeps_the_other(database):
    with database.transaction() as session:
        subscription_id = member(session)
        row = subscription_row(session, subscription_id)
        opt_out(session, row, Means.SIGNED_LINK, now=NOW, programmes=[Programme.MAINTENANCE])
        assert (row.status, row.outages, row.maintenance) == (SubscriptionStatus.ACTIVE, True, False)
        opt_out(session, row, Means.SIGNED_LINK, now=NOW, programmes=[Programme.OUTAGES])
        assert row.status == SubscriptionStatus.OPTED_OUT


def test_leaving_twice_is_one_entry_of_the_log(database):
    with database.transaction() as session:
        subscription_id = member(session)
        row = subscription_row(session, subscription_id)
        opt_out(session, row, Means.ONE_CLICK, now=NOW)
        opt_out(session, row, Means.ONE_CLICK, now=NOW)
        acts = [entry.act for entry in consents_of(session, subscription_id)]
    assert acts == [ConsentAct.REQUESTED, ConsentAct.CONFIRMED, ConsentAct.OPTED_OUT]


def test_start_brings_back_who_was_here_and_nobody_else(database):
    with database.transaction() as session:
        stranger = ask(session, "+12025550177")
        assert not opt_in(session, subscription_row(session, stranger), Means.SMS_REPLY, now=NOW)
        row = subscription_row(session, member(session))
        opt_out(session, row, Means.SMS_REPLY, now=NOW)
        assert opt_in(session, row, Means.SMS_REPLY, now=NOW)
        assert (row.status, row.outages, row.maintenance) == (SubscriptionStatus.ACTIVE, True, True)


def test_who_may_have_meant_stop_is_told_nothing_until_a_person_has_read_it(database):
    with database.transaction() as session:
        row = subscription_row(session, member(session))
        hold(session, row, now=NOW)
        session.flush()
        assert not session.exec(select(SubscriptionRow).where(audience(Programme.OUTAGES, []))).all()
        row.held_at = NOW
        release(session, row, None, now=NOW)
        session.flush()
        assert session.exec(select(SubscriptionRow).where(audience(Programme.OUTAGES, []))).all()


def test_a_bounce_ends_and_a_complaint_counts_as_leaving(database):
    with database.transaction() as session:
        bounced = subscription_row(session, member(session, MAILBOX, Channel.EMAIL))
        give_up(session, bounced, ConsentAct.BOUNCED, now=NOW)
        assert bounced.status == SubscriptionStatus.BOUNCED
        complained = subscription_row(session, member(session, "b@mailbox.example", Channel.EMAIL))
        give_up(session, complained, ConsentAct.COMPLAINED, now=NOW)
        give_up(session, complained, ConsentAct.BOUNCED, now=NOW)
        assert complained.status == SubscriptionStatus.OPTED_OUT


def test_an_ended_subscription_cannot_be_changed(database):
    with database.transaction() as session:
        subscription_id = member(session)
        assert change(session, VAULT, subscription_id, ONLY_FORMS, now=NOW).choices == ONLY_FORMS
        with pytest.raises(RefusedError):
            change(session, VAULT, subscription_id, Choices(programmes=frozenset()), now=NOW)
        opt_out(session, subscription_row(session, subscription_id), Means.ONE_CLICK, now=NOW)
        with pytest.raises(NotFoundError):
            change(session, VAULT, subscription_id, ONLY_FORMS, now=NOW)


def test_a_notice_finds_those_who_want_its_components_and_programme(database):
    with database.transaction() as session:
        everything = member(session)
        forms = member(session, MAILBOX, Channel.EMAIL, ONLY_FORMS)
        component_ids = {slug: _component_id(session, slug) for slug in ("forms", "lockboxes")}

        def found(programme, slug):
            chosen = select(SubscriptionRow.id).where(audience(programme, [component_ids[slug]]))
            return set(session.exec(chosen))

        assert found(Programme.OUTAGES, "forms") == {everything, forms}
        assert found(Programme.OUTAGES, "lockboxes") == {everything}
        assert found(Programme.MAINTENANCE, "forms") == {everything}


def _component_id(session, slug):
    from app.store.components import component_row

    return component_row(session, slug).id


def test_sign_ups_publish_nothing(database):
    with database.transaction() as session:
        before = len(unpublished(session))
        member(session)
        assert len(unpublished(session)) == before
        assert session.info.get("recorded_privately") is not None
