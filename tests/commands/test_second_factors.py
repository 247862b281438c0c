"""What works once works once, also when it is tried twice at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.recovery_codes import has_code, new_codes, use_code
from app.commands.totp import confirm_totp, offer_totp, remove_totp, use_totp
from app.domain.accounts import Role
from app.domain.errors import RefusedError
from app.store.second_factors import RecoveryCodeRow, TotpRow, factors_of
from app.store.vault import Vault
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build

PASSWORD = "gravel otter teapot"
LATER = NOW + timedelta(seconds=31)


@pytest.fixture
def tess(database):
    """Somebody with a password."""
    with database.transaction() as session:
        build(session)
        return add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, PASSWORD, now=NOW)


@pytest.fixture
def secret(database, tess):
    """The secret of Tess's authenticator."""
    with database.transaction() as session:
        secret = offer_totp(session, VAULT, tess, now=NOW)
        session.flush()
        confirm_totp(session, VAULT, tess, pyotp.TOTP(secret).at(NOW), now=NOW)
    return secret


def at_once(work, times=6):
    """Do the work several times at the same moment; how often it worked."""
    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(lambda _: work(), range(times)))


def test_a_code_of_the_authenticator_works_once_of_six_tries_at_once(database, tess, secret):
    def work():
        with database.transaction() as session:
            return use_totp(session, VAULT, tess.id, pyotp.TOTP(secret).at(LATER), now=LATER)

    assert at_once(work) == 1


def test_a_printed_code_works_once_of_six_tries_at_once(database, tess):
    with database.transaction() as session:
        code = new_codes(session, VAULT, tess, now=NOW)[0]

    def work():
        with database.transaction() as session:
            return use_code(session, VAULT, tess.id, code, now=NOW)

    assert at_once(work) == 1


def test_an_older_code_does_not_work_after_a_newer_one(database, tess, secret):
    newer, older = LATER + timedelta(seconds=30), LATER
    with database.transaction() as session:
        assert use_totp(session, VAULT, tess.id, pyotp.TOTP(secret).at(newer), now=newer)
        assert not use_totp(session, VAULT, tess.id, pyotp.TOTP(secret).at(older), now=newer)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_phone_whose_clock_is_half_a_minute_off_still_works(database, tess, secret, seconds):
    at = NOW + timedelta(minutes=5)
    with database.transaction() as session:
        assert use_totp(session, VAULT, tess.id, pyotp.TOTP(secret).at(at + timedelta(seconds=seconds)), now=at)


def test_the_secret_stays_the_same_until_it_is_proved_and_is_never_shown_after(database, tess):
    with database.transaction() as session:
        first = offer_totp(session, VAULT, tess, now=NOW)
        session.flush()
        assert offer_totp(session, VAULT, tess, now=NOW) == first
        confirm_totp(session, VAULT, tess, pyotp.TOTP(first).at(NOW), now=NOW)
        with pytest.raises(RefusedError, match="set up already"):
            offer_totp(session, VAULT, tess, now=NOW)
        remove_totp(session, tess, now=NOW)
        session.flush()
        assert offer_totp(session, VAULT, tess, now=NOW) != first


def test_what_is_stored_lets_nobody_in(database, tess, secret):
    with database.transaction() as session:
        codes = new_codes(session, VAULT, tess, now=NOW)
    with database.read() as session:
        stored = [row.code_hash for row in session.exec(select(RecoveryCodeRow))]
        sealed = session.get(TotpRow, tess.id).secret_cipher
    assert secret.encode() not in sealed
    assert not set(codes) & set(stored)
    with database.read() as session:
        assert not has_code(session, Vault("another secret of thirty-two signs"), tess.id, codes[0])


def test_using_an_authenticator_brings_its_secret_under_the_new_key(database, tess):
    old, both = "the old secret of the installation", Vault("the new secret", "the old secret of the installation")
    with database.transaction() as session:
        secret = offer_totp(session, Vault(old), tess, now=NOW)
        session.flush()
        confirm_totp(session, both, tess, pyotp.TOTP(secret).at(NOW), now=NOW)
    with database.transaction() as session:
        assert use_totp(session, Vault("the new secret"), tess.id, pyotp.TOTP(secret).at(LATER), now=LATER)


def test_codes_survive_a_change_of_the_secret_key(database, tess):
    with database.transaction() as session:
        codes = new_codes(session, Vault("the old secret of the installation"), tess, now=NOW)
        both = Vault("the new secret of the installation", "the old secret of the installation")
        assert has_code(session, both, tess.id, codes[9])


def test_it_counts_what_somebody_has(database, tess, secret):
    with database.transaction() as session:
        codes = new_codes(session, VAULT, tess, now=NOW)
        use_code(session, VAULT, tess.id, codes[0], now=NOW)
        factors = factors_of(session, tess.id)
    assert (factors.passkeys, factors.has_totp, factors.codes_left) == (0, True, 9)
