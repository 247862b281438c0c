"""Cloudflare against a double of ours that validates every request: one transaction, or nothing, told in words."""

import pytest

from app.domain.failover import Change, RecordType, Side, Switch
from app.monitor.dns.cloudflare import Cloudflare
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError
from tests.doubles.cloudflare import TOKEN, Zone, cloudflare
from tests.doubles.serving import free_port

NAME = "www.hpmls.example"
BOTH = Switch("both", NAME, "hpmls.example", "cloudflare", ("192.0.2.20", "2001:db8::20"), ("edge.status.example",))


@pytest.fixture
def zone():
    found = Zone("hpmls.example")
    found.add("A", NAME, "192.0.2.20")
    found.add("AAAA", NAME, "2001:db8::20")
    found.add("MX", "hpmls.example", "mail.postroom.example")
    return found


@pytest.fixture
def api(zone):
    with cloudflare(zone) as address:
        yield address


def change_of(provider, switch=BOTH):
    return Change(switch.name, provider.holding(switch), switch.records(Side.FAILOVER))


def test_it_points_a_name_here_and_back_and_touches_nothing_else(zone, api):
    provider = Cloudflare(TOKEN, api=api)
    change = change_of(provider)
    assert [item.type for item in change.before] == [RecordType.A, RecordType.AAAA]
    provider.point(BOTH, change, to=Side.FAILOVER)
    assert zone.values(NAME) == [("CNAME", "edge.status.example")]
    assert zone.values("hpmls.example") == [("MX", "mail.postroom.example")]
    provider.point(BOTH, change.back(), to=Side.NORMAL)
    assert provider.holding(BOTH) == change.before


def test_an_automatic_time_to_live_is_what_is_served(zone, api):
    zone.records[0]["ttl"] = 1
    assert Cloudflare(TOKEN, api=api).holding(BOTH)[0].ttl == 300


def test_it_refuses_a_name_that_cloudflare_stands_in_front_of(zone, api):
    zone.records[0]["proxied"] = True
    with pytest.raises(ProviderError, match="is proxied by Cloudflare"):
        Cloudflare(TOKEN, api=api).holding(BOTH)


def test_it_refuses_when_something_else_stands_there(zone, api):
    provider = Cloudflare(TOKEN, api=api)
    change = change_of(provider)
    zone.records[0]["content"] = "192.0.2.99"
    with pytest.raises(ProviderRefusedError, match="Something else stands there"):
        provider.point(BOTH, change, to=Side.FAILOVER)
    assert ("A", "192.0.2.99") in zone.values(NAME)


def test_the_whole_batch_is_refused_when_a_part_is(zone, api):
    provider = Cloudflare(TOKEN, api=api)
    beyond = Switch("x", NAME, "hpmls.example", "cloudflare", BOTH.normal, BOTH.failover, planned_ttl=100_000)
    with pytest.raises(ProviderRefusedError, match=r"Invalid TTL.*\(9021\)"):
        provider.point(beyond, change_of(provider, beyond), to=Side.FAILOVER)
    assert zone.values(NAME) == [("A", "192.0.2.20"), ("AAAA", "2001:db8::20")]


def test_it_says_that_a_token_may_not(api):
    with pytest.raises(ProviderRefusedError, match=r"Unauthorized to access requested resource \(9109\)"):
        Cloudflare("another", api=api).holding(BOTH)


def test_it_says_that_the_token_does_not_see_the_zone(api):
    other = Switch("x", "www.other.example", "other.example", "cloudflare", BOTH.normal, BOTH.failover)
    with pytest.raises(ProviderError, match=r"sees 0 zones named other\.example"):
        Cloudflare(TOKEN, api=api).holding(other)


@pytest.mark.parametrize("fault", ["silent", "broken", "garbage"])
def test_an_answer_that_makes_no_sense_leaves_it_to_be_looked_up(zone, api, fault):
    provider = Cloudflare(TOKEN, api=api)
    change = change_of(provider)
    zone.fault = fault
    with pytest.raises(NotHeardError):
        provider.point(BOTH, change, to=Side.FAILOVER)
    assert provider.holding(BOTH) == change.after


def test_a_service_that_cannot_be_reached_changed_nothing():
    provider = Cloudflare(TOKEN, api=f"http://127.0.0.1:{free_port()}", timeout=1)
    with pytest.raises(ProviderRefusedError, match="cannot be reached; nothing was changed"):
        provider.point(BOTH, Change(NAME, (), ()), to=Side.FAILOVER)
