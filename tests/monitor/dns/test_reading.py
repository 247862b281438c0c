"""What servers really answer: told from silence, from refusals, and from servers that do not own the zone."""

import pytest

from app.domain.failover import RecordType
from app.monitor.dns.reading import NoAnswerError, Reader, Server, server_of
from tests.doubles.bind import STATUS_ZONE, ZONE
from tests.monitor.dns.switches import BOTH, WWW


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", Server("192.0.2.1")),
        (" 192.0.2.1:5300 ", Server("192.0.2.1", 5300)),
        ("2001:DB8::1", Server("2001:db8::1")),
        ("[2001:db8::1]:53", Server("2001:db8::1")),
        ("[2001:db8::1]", Server("2001:db8::1")),
    ],
)
def test_it_reads_a_server_as_people_write_it(text, server):
    assert server_of(text) == server


@pytest.mark.parametrize("text", ["", "dns.example", "192.0.2.1:x", "192.0.2.300"])
def test_it_refuses_a_server_that_is_no_address(text):
    with pytest.raises(ValueError):  # noqa: PT011 - ipaddress and int word it in many ways
        server_of(text)


def test_it_reads_both_kinds_of_address(name_server):
    owner, resolver = name_server.reader.answers(BOTH.name, ZONE)
    assert [item.type for item in owner.records] == [RecordType.A, RecordType.AAAA]
    assert (owner.is_authoritative, resolver.is_authoritative) == (True, False)
    assert owner.records == resolver.records


def test_it_reads_a_cname_once_and_not_what_it_leads_to(name_server):
    answer = name_server.reader.answer(name_server.server, WWW.name, is_authoritative=True)
    assert [(item.type, item.values) for item in answer.records] == [(RecordType.CNAME, ("web.hosting.example",))]


def test_it_follows_a_cname_where_an_address_is_wanted(name_server):
    assert name_server.reader.addresses(f"edge.{STATUS_ZONE}") == ("127.0.0.1",)
    assert name_server.reader.addresses("192.0.2.5") == ("192.0.2.5",)


def test_it_reads_what_stands_beside_a_name(name_server):
    assert name_server.reader.other_types(ZONE, ZONE) == ("MX", "TXT", "NS", "SOA")
    assert name_server.reader.other_types(WWW.name, ZONE) == ()


def test_it_keeps_every_guarded_record_as_it_is_served(name_server):
    guarded, unread = name_server.reader.guarded(WWW)
    found = {(item.name, item.type): item.values for item in guarded}
    assert unread == ()
    assert found[ZONE, "MX"] == ("10 mail.postroom.example.",)
    assert len(found[ZONE, "TXT"]) == 2
    assert found[f"_dmarc.{ZONE}", "TXT"] == ('"v=DMARC1; p=reject"',)
    assert found[WWW.name, "MX"] == ()


def test_it_knows_for_how_long_a_missing_name_is_remembered(name_server):
    assert name_server.reader.negative_ttl(ZONE) == 60


def test_it_does_not_believe_a_server_that_does_not_own_the_zone(name_server):
    answer = name_server.reader.answer(name_server.server, "www.elsewhere.example", is_authoritative=True)
    assert answer.trouble == "It answers REFUSED."


def test_it_says_that_a_server_is_silent_and_goes_on_with_the_others(name_server, silent_server):
    reader = Reader([name_server.server], [silent_server, name_server.server], timeout=0.2)
    silent, well, _ = reader.answers(WWW.name, ZONE)
    assert (silent.trouble, silent.records) == ("It does not answer.", ())
    assert well.records
    assert reader.other_types(ZONE, ZONE)


def test_it_says_what_could_not_be_read_when_all_are_silent(silent_server):
    reader = Reader([silent_server], [silent_server], timeout=0.2)
    guarded, unread = reader.guarded(WWW)
    assert (guarded, len(unread)) == ((), 7)
    with pytest.raises(NoAnswerError):
        reader.other_types(WWW.name, ZONE)


def test_it_finds_the_name_servers_that_the_zone_names(name_server):
    servers = Reader([name_server.server]).name_servers(ZONE)
    assert servers == (Server("127.0.0.1", 53, f"ns1.{ZONE}"),)
    assert servers[0].place == f"ns1.{ZONE} (127.0.0.1)"
