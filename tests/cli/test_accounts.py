"""`porchlight accounts`: the way back in when nothing else is left."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from app.commands.passwords import is_right_password
from app.commands.recovery_codes import has_code
from app.commands.sign_ins import attempt_at, start_sign_in
from app.domain.accounts import SignInLimits
from app.domain.second_factors import Proof
from app.settings import DEVELOPMENT_SECRET
from app.store.accounts import account_by_email, frozen_account, sign_ins_of
from app.store.audit import AuditEntryRow
from app.store.session import Database
from app.store.vault import Vault
from tests.cli.shell import Shell

TESS = "tess@elsewhere.example"
VAULT = Vault(DEVELOPMENT_SECRET)


@pytest.fixture
def tess(shell: Shell) -> Shell:
    """A shell on a database with Tess in it, who is signed in somewhere."""
    shell("migrate")
    assert shell("accounts", "add", TESS, "--name", "Tess Marchetti").returncode == 0
    with opened() as session:
        account = frozen_account(account_by_email(session, TESS))
        start_sign_in(
            session,
            account,
            attempt_at(TESS, "192.0.2.7"),
            proof=Proof.PASSWORD,
            address="192.0.2.7",
            user_agent="",
            limits=SignInLimits(),
            replaces=None,
            now=datetime.now(UTC),
        )
    return shell


@contextmanager
def opened() -> Iterator[Session]:
    """A transaction on the shell's database."""
    database = Database.open(os.environ["PORCHLIGHT_DATABASE_URL"])
    with database.transaction() as session:
        yield session
    database.close()


def test_recover_lets_a_person_back_in_who_lost_everything(tess: Shell) -> None:
    facts = tess.facts("accounts", "recover", TESS)
    with opened() as session:
        row = account_by_email(session, TESS)
        assert is_right_password(row.password_hash, facts["password"])
        assert sign_ins_of(session, row.id) == []
        assert all(has_code(session, VAULT, row.id, code) for code in facts["codes"])
        acts = {entry.act: entry for entry in session.exec(select(AuditEntryRow))}
    assert {"account.password_set", "account.codes_printed"} <= set(acts)
    assert "@" in acts["account.password_set"].name, "the log names who typed it"


def test_recover_prints_what_has_to_be_written_down(tess: Shell) -> None:
    answer = tess("accounts", "recover", TESS)
    assert "Password, shown once:" in answer.stdout
    assert len([line for line in answer.stdout.splitlines() if line.startswith("  ")]) == 10


def test_codes_replace_the_older_ones(tess: Shell) -> None:
    old, new = tess.facts("accounts", "codes", TESS)["codes"], tess.facts("accounts", "codes", TESS)["codes"]
    with opened() as session:
        account_id = account_by_email(session, TESS).id
        assert not has_code(session, VAULT, account_id, old[0])
        assert has_code(session, VAULT, account_id, new[0])
        assert len(sign_ins_of(session, account_id)) == 1, "new codes sign nobody out"


def test_list_tells_what_proves_everybody(tess: Shell) -> None:
    tess("accounts", "codes", TESS)
    (fact,) = json.loads(tess("accounts", "list", "--json").stdout)
    assert (fact["email"], fact["printed_codes_left"], fact["has_authenticator"]) == (TESS, 10, False)
    assert "0 passkeys, no authenticator, 10 printed codes" in tess("accounts", "list").stdout


@pytest.mark.parametrize("command", ["recover", "codes"])
def test_it_says_so_when_nobody_has_that_address(tess: Shell, command: str) -> None:
    answer = tess("accounts", command, "nobody@elsewhere.example")
    assert answer.returncode == 1
    assert "has no account" in answer.stderr


def test_a_weak_password_changes_nothing(tess: Shell) -> None:
    answer = tess("accounts", "recover", TESS, "--password-stdin", typed="short\n")
    assert answer.returncode == 1
    with opened() as session:
        assert len(sign_ins_of(session, account_by_email(session, TESS).id)) == 1
