"""A change of the secret key: authenticators, posting numbers and the roster come along; prints are counted."""

from datetime import timedelta

import pyotp
import pytest

from app.commands.accounts import add_account
from app.commands.recovery_codes import new_codes, use_code
from app.commands.secret_keys import bring_secrets_along, stale_prints
from app.commands.totp import confirm_totp, offer_totp, use_totp
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.errors import UnavailableError
from app.store.posting_by_text import PostingNumberRow, numbered_account
from app.store.roster import PersonRow
from app.store.session import Database
from app.store.vault import Vault
from tests.commands.world import NOW, build

OLD, BOTH, NEW = Vault("old key"), Vault("new key", "old key"), Vault("new key")
NUMBER = "+12025550123"


@pytest.fixture
def staff(database: Database) -> tuple[Database, str, str]:
    """Ines with an authenticator, a posting number and a place in the roster, all under the old key."""
    with database.transaction() as session:
        build(session)
        ines = add_account(session, "ines@mls.example", "Ines", Role.COMMANDER, "gravel otter teapot", now=NOW)
        secret = offer_totp(session, OLD, ines, now=NOW)
        session.flush()
        confirm_totp(session, OLD, ines, pyotp.TOTP(secret).at(NOW), now=NOW)
        sealed, index = OLD.seal(NUMBER), OLD.index(Channel.SMS, NUMBER)
        session.add(PostingNumberRow(account_id=ines.id, number_cipher=sealed, number_index=index, created_at=NOW))
        session.add(PersonRow(id="ines", name="Ines", phone_cipher=sealed, phone_index=index, created_at=NOW))
    return database, ines.id, secret


def test_what_is_sealed_is_read_without_the_old_key_afterwards(staff: tuple[Database, str, str]) -> None:
    database, ines, secret = staff
    with database.transaction() as session:
        assert bring_secrets_along(session, BOTH, now=NOW) == 3
    later = NOW + timedelta(minutes=5)
    with database.transaction() as session:
        assert use_totp(session, NEW, ines, pyotp.TOTP(secret).at(later), now=later)
        assert numbered_account(session, NEW, NUMBER) == ines
        person = session.get_one(PersonRow, "ines")
        assert NEW.open(person.phone_cipher or b"") == NUMBER
        assert person.phone_index == NEW.index(Channel.SMS, NUMBER)


def test_it_changes_nothing_without_the_key_they_were_sealed_with(staff: tuple[Database, str, str]) -> None:
    database, ines, _ = staff
    with pytest.raises(UnavailableError), database.transaction() as session:
        bring_secrets_along(session, NEW, now=NOW)
    with database.read() as session:
        assert numbered_account(session, OLD, NUMBER) == ines


def test_it_counts_whose_print_is_worth_nothing_once_the_old_key_is_gone(staff: tuple[Database, str, str]) -> None:
    database, _ines, _ = staff
    with database.transaction() as session:
        account = add_account(session, "dev@mls.example", "Dev", Role.COMMANDER, "gravel otter teapot", now=NOW)
        codes = new_codes(session, OLD, account, now=NOW)
    with database.transaction() as session:
        bring_secrets_along(session, BOTH, now=NOW)
        assert stale_prints(session) == 1
        assert not use_code(session, NEW, account.id, codes[0], now=NOW)
        assert use_code(session, BOTH, account.id, codes[0], now=NOW)
