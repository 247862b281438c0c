"""What the last proof of a direct link is worth."""

from datetime import date, timedelta

import pytest

from app.domain.components import AuthMode, DirectLink
from app.domain.proofs import Proof, proof_of

TODAY = date(2026, 4, 4)


def a_link(days, mode=AuthMode.OWN_PASSWORD):
    """A link that was proved so many days ago."""
    return DirectLink("https://forms.example", mode, TODAY - timedelta(days=days) if days is not None else None)


@pytest.mark.parametrize(
    ("days", "worth"),
    [
        (-1, Proof.FRESH),
        (60, Proof.FRESH),
        (61, Proof.AGEING),
        (120, Proof.AGEING),
        (121, Proof.STALE),
        (None, Proof.NEVER),
    ],
)
def test_it_ages_in_three_steps(days, worth):
    assert proof_of(a_link(days), TODAY) is worth


def test_it_asks_no_proof_of_what_is_no_door():
    assert proof_of(DirectLink(), TODAY) is None
    assert proof_of(a_link(200, AuthMode.SSO_ONLY), TODAY) is None
