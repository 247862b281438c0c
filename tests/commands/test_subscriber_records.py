"""Lists with proof, export, erasure and a change of keys."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.commands.accounts import add_account
from app.commands.sign_up_limits import forget_old_traces
from app.commands.subscriber_records import erase, export_person
from app.commands.subscribers import begin_with, new_row, opt_out
from app.deliver.fan_out import FanOut
from app.domain.accounts import Role
from app.domain.channels import Channel, Programme
from app.domain.consent import Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.hooks import new_secret, with_secret, without_secret
from app.domain.sign_ups import UNCONFIRMED_KEPT
from app.domain.subscribers import Choices, SubscriptionStatus
from app.importers.subscribers import erase_one, export_file, export_one, export_to, import_list, rekey
from app.store.consents import consents_of
from app.store.session import Database
from app.store.subscribers import (
    frozen_subscription,
    subscription_by_address,
    subscription_row,
    subscription_rows,
)
from app.store.vault import Vault
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT, ask, member
from tests.commands.world import NOW, build
from tests.deliver.world import say

HEAD = "channel,address,consent_on,consent_proof,programmes,components,language,quiet_from,quiet_until\n"
GOOD = "sms,(202) 555-0142,2025-11-02,Paper form 118,outages,forms lockboxes,es,22:00,06:30\n"


@pytest.fixture(autouse=True)
def world(database: Database) -> None:
    with database.transaction() as session:
        build(session)


@pytest.fixture
def staff(database) -> str:
    with database.transaction() as session:
        return add_account(session, "a@b.example", "Ann", Role.ADMINISTRATOR, "four unrelated long words", now=NOW).id


def take_in(database, folder: Path, *rows: str, head: str = HEAD):
    path = folder / "list.csv"
    path.write_text(head + "".join(rows), encoding="utf-8")
    return import_list(database, VAULT, path, now=NOW)


def test_a_member_with_proof_is_told_from_then_on(database, tmp_path):
    summary = take_in(database, tmp_path, GOOD)
    assert (summary.created, summary.unchanged, summary.skipped) == (1, 0, ())
    with database.read() as session:
        row = subscription_by_address(session, VAULT, Channel.SMS, NUMBER)
        found = frozen_subscription(session, row, VAULT)
        (entry,) = consents_of(session, row.id)
    assert found.status is SubscriptionStatus.ACTIVE
    assert found.choices.programmes == {Programme.OUTAGES}
    assert (found.choices.components, found.choices.language) == ({"forms", "lockboxes"}, "es")
    assert (entry.act, entry.proof) == ("imported", "2025-11-02: Paper form 118")


def test_a_list_may_be_taken_in_again(database, tmp_path):
    take_in(database, tmp_path, GOOD)
    again = take_in(database, tmp_path, GOOD, GOOD)
    assert (again.created, again.unchanged) == (0, 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("sms,(202) 555-0142,2025-11-02,,,,,,", "no proof"),
        ("sms,(202) 555-0142,,Paper form,,,,,", "not a date"),
        ("sms,(202) 555-0142,2031-01-01,Paper form,,,,,", "has not come yet"),
        ("sms,12,2025-11-02,Paper form,,,,,", "not a telephone number"),
        ("email,nobody,2025-11-02,Paper form,,,,,", "not an email address"),
        ("pigeon,x,2025-11-02,Paper form,,,,,", "not a channel"),
        ("webhook,https://x.example,2025-11-02,Paper form,,,,,", "not a channel"),
        ("sms,(202) 555-0142,2025-11-02,Paper form,weather,,,,", "outages or maintenance"),
        ("sms,(202) 555-0142,2025-11-02,Paper form,,no-such,,,", "not a component"),
        ("sms,(202) 555-0142,2025-11-02,Paper form,,,xx,,", "not a language"),
        ("sms,(202) 555-0142,2025-11-02,Paper form,,,,22:00,", "neither"),
        ("sms", "Give the address"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_and_skipped(database, tmp_path, row, words):
    summary = take_in(database, tmp_path, f"{row}\n", "email,ana@mailbox.example,2025-11-02,Paper form,,,,,\n")
    assert summary.created == 1
    (skipped,) = summary.skipped
    assert (skipped.record, words in skipped.reason) == ("line 2", True)


@pytest.mark.parametrize(
    ("head", "words"),
    [("channel,address\n", "no column consent_on"), ("", "no column"), (HEAD.strip() + ",vip\n", "“vip”")],
)
def test_a_list_without_the_columns_is_refused_whole(database, tmp_path, head, words):
    with pytest.raises(RefusedError, match=words):
        take_in(database, tmp_path, GOOD, head=head)


def test_who_left_is_not_brought_back_by_an_older_consent(database, tmp_path):
    take_in(database, tmp_path, GOOD)
    with database.transaction() as session:
        row = subscription_by_address(session, VAULT, Channel.SMS, NUMBER)
        opt_out(session, row, Means.SMS_REPLY, now=datetime(2026, 1, 5, tzinfo=UTC))
    summary = take_in(database, tmp_path, GOOD)
    assert "opted out" in summary.skipped[0].reason
    newer = GOOD.replace("2025-11-02", "2026-02-01")
    assert take_in(database, tmp_path, newer).created == 1


def test_what_is_exported_can_be_read_and_is_no_formula(database, tmp_path):
    take_in(database, tmp_path, GOOD, "email,=cmd@mailbox.example,2025-11-02,Paper form,,,,,\n")
    file = io.StringIO()
    assert export_to(database, VAULT, file, now=NOW) == 2
    first, second = csv.DictReader(io.StringIO(file.getvalue()))
    assert (first["address"], first["status"], first["quiet_from"]) == (NUMBER, "active", "22:00")
    assert second["address"] == "'=cmd@mailbox.example"


def test_a_person_gets_everything_that_is_kept(database, staff):
    with database.transaction() as session:
        row = subscription_row(session, member(session))
        kept = export_person(session, VAULT, row, now=NOW, account_id=staff)
    assert kept["address"] == NUMBER
    assert [entry["act"] for entry in kept["consent"]] == ["requested", "confirmed"]


def test_an_erased_person_cannot_be_found_or_named(database, staff):
    with database.transaction() as session:
        row = subscription_row(session, member(session, choices=None))
        erase(session, row, now=NOW, account_id=staff)
    with database.read() as session:
        (row,) = subscription_rows(session)
        assert subscription_by_address(session, VAULT, Channel.SMS, NUMBER) is None
        assert (row.address_cipher, row.status) == (b"", SubscriptionStatus.OPTED_OUT)
        log = consents_of(session, row.id)
        assert [entry.act for entry in log] == ["requested", "confirmed", "erased"]
        assert {(entry.words, entry.network, entry.proof) for entry in log} == {("", "", "")}
        assert frozen_subscription(session, row, VAULT).address == ""


def test_an_erased_person_may_sign_up_anew(database, staff):
    with database.transaction() as session:
        first = member(session)
        erase(session, subscription_row(session, first), now=NOW, account_id=staff)
        session.flush()
        assert member(session) != first


def test_addresses_move_to_a_new_key_and_are_found_all_the_while(database):
    both = Vault("a new secret of thirty-two letters", "a secret of thirty-two characters")
    with database.transaction() as session:
        ids = [member(session), member(session, MAILBOX, Channel.EMAIL)]
        assert subscription_by_address(session, both, Channel.SMS, NUMBER).id == ids[0]
    assert rekey(database, both, now=NOW) == 2
    only_new = Vault("a new secret of thirty-two letters")
    with database.read() as session:
        row = subscription_by_address(session, only_new, Channel.EMAIL, MAILBOX)
        assert frozen_subscription(session, row, only_new).address == MAILBOX


def test_sign_ups_that_nobody_confirmed_are_forgotten(database):
    with database.transaction() as session:
        ask(session)
        stays = member(session, MAILBOX, Channel.EMAIL)
    with database.transaction() as session:
        forget_old_traces(session, now=NOW + UNCONFIRMED_KEPT)
        assert [row.id for row in subscription_rows(session)] == [stays]


def test_nothing_in_the_database_names_a_person(database):
    with database.transaction() as session:
        member(session)
    if not database.is_sqlite:
        pytest.skip("reads the file of the database")
    database.close()
    written = Path(database.engine.url.database)
    content = b"".join(file.read_bytes() for file in written.parent.glob("porchlight.db*"))
    assert b"subscription" in content
    assert b"5550142" not in content


def test_the_day_of_consent_may_be_today(database, tmp_path):
    today = GOOD.replace("2025-11-02", NOW.date().isoformat())
    assert take_in(database, tmp_path, today).created == 1
    assert NOW.date() == date(2026, 4, 5)


def test_a_file_with_addresses_is_for_its_owner_alone_and_never_written_over(database, tmp_path):
    with database.transaction() as session:
        member(session)
    path = tmp_path / "members.csv"
    assert export_file(database, VAULT, path, now=NOW) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="cannot be written"):
        export_file(database, VAULT, path, now=NOW)


def test_one_person_is_found_by_the_exact_address(database):
    with database.transaction() as session:
        member(session)
    assert export_one(database, VAULT, "202 555 0142", now=NOW)["address"] == NUMBER
    with pytest.raises(NotFoundError):
        export_one(database, VAULT, "202 555 0143", now=NOW)


@pytest.mark.parametrize("second", ["+1 202 555 0142", "202-555-0142", "+12025550142", "tel. 1 (202) 555.0142"])
def test_one_person_in_two_spellings_is_one_subscription_and_one_delivery(database, tmp_path, second):
    mails = "email,{},2025-11-02,Paper form 118,outages,,en,,\n"
    summary = take_in(
        database,
        tmp_path,
        GOOD,
        f"sms,{second},2025-11-03,Called us,outages,,en,,\n",
        mails.format("Ana@Mailbox.Example"),
        mails.format(" ana@mailbox.example "),
    )
    assert (summary.created, summary.unchanged, summary.skipped) == (2, 2, ())
    _, notice_id = say(database)
    assert FanOut(database, lambda *_: None).run(notice_id) == 2
    with database.read() as session:
        assert len(subscription_rows(session)) == 2


HOOKS = {
    Channel.WEBHOOK: "https://hooks.mls.example/in?room=1",
    Channel.STATUSPAGE: "https://monitor.mls.example/statuspage",
    Channel.SLACK: "https://hooks.slack.com/services/T0/B0/x",
    Channel.TEAMS: "https://prod-1.westus.logic.azure.com/workflows/x",
    Channel.APPRISE: "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
}


def hook(database: Database, channel: Channel) -> int:
    """A hook that signed up, with a secret where its kind has one."""
    with database.transaction() as session:
        row = new_row(VAULT, channel, HOOKS[channel], source="page", now=NOW)
        secret = new_secret() if channel is Channel.WEBHOOK else ""
        row.address_cipher = VAULT.seal(with_secret(HOOKS[channel], secret))
        session.add(row)
        session.flush()
        begin_with(session, row, Choices(), now=NOW)
        return row.id


@pytest.mark.parametrize("channel", HOOKS)
def test_a_hook_is_exported_and_erased_by_its_address(database, channel):
    number, address = hook(database, channel), HOOKS[channel]
    facts = export_one(database, VAULT, f" {address} ", now=NOW)
    assert (facts["channel"], facts["address"]) == (channel, address)
    erase_one(database, VAULT, address, now=NOW)
    with database.read() as session:
        row = subscription_row(session, number)
        assert (row.address_cipher, row.status) == (b"", SubscriptionStatus.OPTED_OUT)
    with pytest.raises(NotFoundError):
        export_one(database, VAULT, address, now=NOW)


def test_no_secret_of_a_webhook_is_exported_and_a_new_key_finds_it_by_its_address(database):
    hook(database, Channel.WEBHOOK)
    said = io.StringIO()
    assert export_to(database, VAULT, said, now=NOW) == 1
    assert "whsec_" not in said.getvalue() + str(export_one(database, VAULT, HOOKS[Channel.WEBHOOK], now=NOW))
    newer = Vault("another secret of thirty-two characters", "a secret of thirty-two characters")
    assert rekey(database, newer, now=NOW) == 1
    newest = Vault("another secret of thirty-two characters")
    assert export_one(database, newest, HOOKS[Channel.WEBHOOK], now=NOW)["channel"] == "webhook"
    with database.read() as session:
        row = subscription_by_address(session, newest, Channel.WEBHOOK, HOOKS[Channel.WEBHOOK])
        assert without_secret(newest.open(row.address_cipher))[1].startswith("whsec_")
