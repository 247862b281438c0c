"""What would fall together: zones, name servers, networks and issuers in common."""

from dataclasses import replace

import pytest

from app.domain.shared_fate import Footing, shared_fates

PAGE = Footing(
    "hpmls-status.example",
    "The page",
    "hpmls-status.example",
    ("ns1.north.example", "ns2.north.example"),
    ("198.51.100.20", "2001:db8:1::20"),
    "Let's Encrypt",
)
MLS = Footing(
    "www.hpmls.example",
    "The MLS's name",
    "hpmls.example",
    ("ns1.south.example", "ns2.south.example"),
    ("192.0.2.10", "2001:db8:2::10"),
    "DigiCert Inc",
)


def test_names_that_stand_on_nothing_in_common_share_no_fate():
    assert list(shared_fates(PAGE, MLS)) == []


@pytest.mark.parametrize(
    ("change", "said", "is_fatal"),
    [
        ({"name": "status.hpmls.example", "zone": "hpmls.example"}, "stand in one DNS zone, hpmls.example.", True),
        ({"name": "status.www.hpmls.example", "zone": ""}, "stand in one DNS zone, www.hpmls.example.", True),
        ({"name": "status.hpmls.example", "zone": ""}, "stand in one DNS zone, hpmls.example.", True),
        ({"name_servers": MLS.name_servers}, "the same name servers (ns1.south.example, ns2.south.example)", True),
        ({"name_servers": ("ns1.south.example", "ns9.north.example")}, "name servers (ns1.south.example)", False),
        ({"addresses": ("192.0.2.200",)}, "in the same network (192.0.2.0/24)", True),
        ({"addresses": ("2001:db8:2:ff::1",)}, "in the same network (2001:db8:2::/48)", True),
        ({"issuer": "DigiCert Inc"}, "certificates of the same issuer (DigiCert Inc)", False),
    ],
)
def test_it_names_what_two_names_have_in_common(change, said, is_fatal):
    (fate,) = shared_fates(replace(PAGE, **change), MLS)
    assert said in fate.words
    assert fate.words.startswith(f"The page ({change.get('name', PAGE.name)}) and www.hpmls.example ")
    assert fate.is_fatal is is_fatal


def test_a_name_that_only_ends_alike_is_another_zone():
    assert list(shared_fates(replace(PAGE, name="nothpmls.example", zone=""), MLS)) == []
