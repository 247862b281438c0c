"""Links prove who holds them, for one purpose each; a change of key does not break those already sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.channels import Channel
from app.domain.errors import NotFoundError, UnavailableError
from app.store.signed_links import MANAGE, STOP, Links
from app.store.vault import Vault

LINKS = Links(Vault("one secret of thirty-two characters"), "https://status.example")


@given(st.integers(0, 2**62))
def test_a_link_leads_back_to_its_subscription(subscription_id: int):
    token = LINKS.stop(subscription_id).rpartition("/")[2]
    assert LINKS.subscription_of(STOP, token) == subscription_id


def test_a_link_is_good_for_one_purpose():
    with pytest.raises(NotFoundError):
        LINKS.subscription_of(MANAGE, LINKS.token(STOP, 7))


@given(st.text(max_size=60))
def test_nothing_that_was_not_signed_here_is_a_link(token: str):
    with pytest.raises(NotFoundError):
        LINKS.subscription_of(STOP, token)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t[:-2] + "AA", lambda t: "8" + t[1:], lambda t: t + "A"]
)
def test_a_link_that_was_altered_leads_nowhere(change):
    token = LINKS.token(STOP, 7)
    with pytest.raises(NotFoundError):
        LINKS.subscription_of(STOP, change(token))


def test_a_link_is_short_enough_for_a_text():
    assert len(LINKS.manage(1_000_000)) <= 70


def test_it_speaks_the_subscribers_language():
    assert LINKS.manage(7, "es").startswith("https://status.example/es/subscribe/manage/")


def test_links_and_addresses_outlive_a_change_of_key():
    old = Vault("one secret of thirty-two characters")
    new = Vault("another secret of thirty-two chars", "one secret of thirty-two characters")
    token = LINKS.token(STOP, 7)
    assert Links(new, "").subscription_of(STOP, token) == 7
    assert new.open(old.seal("+12025550142")) == "+12025550142"
    assert old.index(Channel.SMS, "+12025550142") in new.indexes(Channel.SMS, "+12025550142")
    moved_on = new.re_encrypted(old.seal("+12025550142"))
    assert Vault("another secret of thirty-two chars").open(moved_on) == "+12025550142"


def test_a_cipher_says_nothing_about_the_address():
    vault = LINKS.vault
    assert vault.seal("+12025550142") != vault.seal("+12025550142")
    assert b"5550142" not in vault.seal("+12025550142")
    assert vault.index(Channel.SMS, "a") != vault.index(Channel.EMAIL, "a")


def test_another_installations_cipher_is_not_read():
    with pytest.raises(UnavailableError):
        Vault("a stranger").open(LINKS.vault.seal("x"))
