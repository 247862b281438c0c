"""Accounts: adding, changing and shutting them, and what that does to sign-ins."""

import pytest

from app.commands.accounts import add_account, change_role, disable_account, set_password
from app.commands.passwords import hash_password, is_right_password
from app.commands.sign_ins import attempt_at, network_of, signed_in_account, start_sign_in
from app.domain.accounts import Role, SignInLimits
from app.domain.errors import NotFoundError, RefusedError
from app.domain.second_factors import Proof
from app.store.accounts import account_by_email, frozen_account, sign_ins_of
from tests.commands.world import NOW, build

PASSWORD = "gravel otter teapot"
TESS = "tess@mls.example"


@pytest.fixture
def session(database):
    """A transaction in the small MLS, with one account."""
    with database.transaction() as session:
        build(session)
        add_account(session, TESS, "Tess Marchetti", Role.COMMUNICATIONS_LEAD, PASSWORD, now=NOW)
        yield session


def sign_in(session):
    """A token with which Tess is signed in."""
    account = frozen_account(account_by_email(session, TESS))
    return start_sign_in(
        session,
        account,
        attempt_at(TESS, "192.0.2.7"),
        proof=Proof.PASSWORD,
        address="192.0.2.7",
        user_agent="a browser",
        limits=SignInLimits(),
        replaces=None,
        now=NOW,
    )


def test_it_adds_an_account_that_can_be_found_whatever_the_case(session):
    row = account_by_email(session, " TESS@MLS.example ")
    assert (row.email, row.name, row.role) == (TESS, "Tess Marchetti", Role.COMMUNICATIONS_LEAD)
    assert row.password_hash.startswith("$argon2id$")
    assert PASSWORD not in row.password_hash


@pytest.mark.parametrize(
    ("email", "name", "password", "field"),
    [
        ("tess", "Tess", PASSWORD, "email"),
        (TESS.upper(), "Tess", PASSWORD, "email"),
        ("dev@mls.example", " ", PASSWORD, "name"),
        ("dev@mls.example", "x" * 101, PASSWORD, "name"),
        ("dev@mls.example", "Dev", "short", "password"),
        ("dev@mls.example", "Dev", "test mls test mls", "password"),
    ],
)
def test_it_refuses_an_account_that_cannot_be(session, email, name, password, field):
    with pytest.raises(RefusedError) as refusal:
        add_account(session, email, name, Role.VIEWER, password, now=NOW)
    assert field in refusal.value.problems


def test_it_changes_a_password_and_signs_out_everywhere(session):
    sign_in(session)
    set_password(session, TESS, "another quiet harbour", now=NOW)
    row = account_by_email(session, TESS)
    assert is_right_password(row.password_hash, "another quiet harbour")
    assert not is_right_password(row.password_hash, PASSWORD)
    assert sign_ins_of(session, row.id) == []


def test_it_refuses_a_weak_new_password_and_keeps_the_old(session):
    with pytest.raises(RefusedError):
        set_password(session, TESS, "tess marchetti", now=NOW)
    assert is_right_password(account_by_email(session, TESS).password_hash, PASSWORD)


def test_it_changes_a_role_and_signs_out_everywhere(session):
    token = sign_in(session)
    change_role(session, TESS, Role.VIEWER, now=NOW)
    assert signed_in_account(session, token, limits=SignInLimits(), now=NOW) is None
    assert account_by_email(session, TESS).role == Role.VIEWER


def test_it_disables_an_account_once(session):
    token = sign_in(session)
    disable_account(session, TESS, now=NOW)
    disable_account(session, TESS, now=NOW.replace(year=2027))
    assert account_by_email(session, TESS).disabled_at == NOW
    assert signed_in_account(session, token, limits=SignInLimits(), now=NOW) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda session: set_password(session, "nobody@mls.example", PASSWORD, now=NOW),
        lambda session: change_role(session, "nobody@mls.example", Role.VIEWER, now=NOW),
        lambda session: disable_account(session, "nobody@mls.example", now=NOW),
    ],
)
def test_it_says_when_there_is_no_such_account(session, change):
    with pytest.raises(NotFoundError, match="has no account"):
        change(session)


def test_it_checks_a_password_typed_on_another_keyboard():
    stored = hash_password("cafe\u0301 au lait chaud")
    assert is_right_password(stored, "caf\u00e9 au lait chaud")
    assert not is_right_password(stored, "cafe au lait chaud")


def test_it_says_no_without_an_account_whatever_the_password():
    assert not is_right_password(None, "nobody has this password")
    assert not is_right_password("not a hash", PASSWORD)


def test_it_hashes_as_rfc_9106_recommends():
    assert "m=65536,t=3,p=4" in hash_password(PASSWORD)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_it_counts_by_the_network_that_one_customer_has(address, network):
    assert network_of(address) == network
