"""Signed updates against a real BIND: done as a whole, or refused in words with nothing changed."""

import dns.query
import dns.rcode
import dns.update
import pytest

from app.domain.failover import Change, RecordSet, RecordType, Side
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError
from app.monitor.dns.reading import Server
from app.monitor.dns.rfc2136 import Rfc2136, UpdateKey
from tests.doubles.bind import KEY, STRANGER, ZONE
from tests.monitor.dns.switches import APEX, BOTH, EDGE, WWW, change_of


def test_it_points_a_name_here_and_back_to_the_very_records(name_server):
    provider = name_server.updates()
    change = change_of(provider, WWW)
    provider.point(WWW, change, to=Side.FAILOVER)
    assert name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]
    provider.point(WWW, change.back(), to=Side.NORMAL)
    assert name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]
    assert provider.holding(WWW) == change.before


def test_it_takes_both_kinds_of_address_away_for_a_cname_in_one_message(name_server):
    provider = name_server.updates()
    change = change_of(provider, BOTH)
    assert [item.type for item in change.before] == [RecordType.A, RecordType.AAAA]
    provider.point(BOTH, change, to=Side.FAILOVER)
    assert name_server.values(BOTH.name, "CNAME") == [f"{EDGE}."]
    assert provider.holding(BOTH) == change.after
    provider.point(BOTH, change.back(), to=Side.NORMAL)
    assert provider.holding(BOTH) == change.before


def test_a_cname_beside_an_address_is_ignored_by_the_server_without_a_word(name_server):
    """Why old types are deleted in the same message: without it NOERROR means nothing."""
    update = dns.update.UpdateMessage(f"{ZONE}.", keyring=KEY.for_signing, keyalgorithm="hmac-sha256")
    update.add(f"{BOTH.name}.", 300, "CNAME", f"{EDGE}.")
    answer = dns.query.tcp(update, "127.0.0.1", port=name_server.port, timeout=5)
    assert answer.rcode() == dns.rcode.NOERROR
    assert name_server.values(BOTH.name, "CNAME") == []
    assert name_server.values(BOTH.name, "A") == ["127.0.0.20"]


def test_it_refuses_when_something_else_stands_there(name_server):
    provider = name_server.updates()
    stale = Change(APEX.name, (RecordSet(RecordType.A, ("203.0.113.9",), 300),), APEX.records(Side.FAILOVER))
    with pytest.raises(ProviderRefusedError, match="Something else stands there"):
        provider.point(APEX, stale, to=Side.FAILOVER)
    assert name_server.values(ZONE, "A") == ["127.0.0.10"]


def test_it_refuses_when_a_record_came_in_between(name_server):
    provider = name_server.updates()
    without_aaaa = Change(BOTH.name, change_of(provider, BOTH).before[:1], BOTH.records(Side.FAILOVER))
    with pytest.raises(ProviderRefusedError, match="was not there a moment ago"):
        provider.point(BOTH, without_aaaa, to=Side.FAILOVER)


def test_it_hears_a_refusal_that_comes_as_a_normal_reply(name_server):
    change = change_of(name_server.updates(), WWW)
    with pytest.raises(ProviderRefusedError, match="may not change this name"):
        name_server.updates(STRANGER).point(WWW, change, to=Side.FAILOVER)
    assert name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


@pytest.mark.parametrize("key", [UpdateKey("nobody", KEY.secret), UpdateKey(KEY.name, STRANGER.secret)])
def test_it_says_that_a_key_is_not_accepted(name_server, key):
    change = change_of(name_server.updates(), WWW)
    with pytest.raises(ProviderRefusedError, match="does not accept our signature"):
        name_server.updates(key).point(WWW, change, to=Side.FAILOVER)
    assert name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_says_that_a_secret_is_no_base64(name_server):
    change = change_of(name_server.updates(), WWW)
    with pytest.raises(ProviderError, match="not base64"):
        name_server.updates(UpdateKey(KEY.name, "not base64!")).point(WWW, change, to=Side.FAILOVER)


def test_it_says_that_clocks_are_too_far_apart(name_server, time_machine_at_tomorrow):
    change = change_of(name_server.updates(), WWW)
    with time_machine_at_tomorrow(), pytest.raises(ProviderRefusedError, match="clocks"):
        name_server.updates().point(WWW, change, to=Side.FAILOVER)


def test_a_server_that_is_away_changed_nothing():
    provider = Rfc2136(Server("127.0.0.1", 1), KEY, timeout=1)
    with pytest.raises(ProviderRefusedError, match="Nothing listens"):
        provider.point(WWW, Change(WWW.name, (), WWW.records(Side.FAILOVER)), to=Side.FAILOVER)
    with pytest.raises(ProviderError, match="does not answer"):
        provider.holding(WWW)


def test_an_answer_that_is_not_heard_is_told_from_a_refusal(silent_server):
    provider = Rfc2136(silent_server, KEY, timeout=0.3)
    with pytest.raises(NotHeardError):
        provider.point(WWW, Change(WWW.name, (), WWW.records(Side.FAILOVER)), to=Side.FAILOVER)
