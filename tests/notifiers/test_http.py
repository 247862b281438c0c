"""The guarded client: what strangers cannot make us connect to (notices.md, "Webhooks")."""

import asyncio
import ipaddress
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from notifiers.base import DeliveryError, Remedy
from notifiers.http import ANSWER_LIMIT, Answer, Guard, GuardedClient, check_url, is_public, retry_after
from tests.doubles.receiver import FakeDns, Receiver, receiving

PRIVATE = {
    "this host": "0.0.0.0",  # noqa: S104 - an address to refuse
    "loopback": "127.0.0.1",
    "private, class A": "10.0.0.1",
    "private, class B": "172.16.0.1",
    "private, class C": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "link-local, cloud metadata": "169.254.169.254",
    "metadata of Azure": "168.63.129.16",
    "multicast": "224.0.0.1",
    "global multicast": "239.255.255.250",
    "routed multicast": "233.252.18.1",
    "broadcast": "255.255.255.255",
    "future use": "240.0.0.1",
    "benchmarking": "198.18.0.1",
    "documentation": "203.0.113.1",
    "6to4 relay": "192.88.99.1",
    "IPv6 unspecified": "::",
    "IPv6 loopback": "::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 unique local": "fd12:3456::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "IPv6 global multicast": "ff0e::1",
    "IPv4 in IPv6, mapped": "::ffff:127.0.0.1",
    "a public IPv4 in IPv6, mapped": "::ffff:8.8.8.8",
    "IPv4 in IPv6, compatible": "::127.0.0.1",
    "NAT64 of a private address": "64:ff9b::a00:1",
    "NAT64 for local use": "64:ff9b:1::1",
    "6to4 of a private address": "2002:a00:1::1",
    "Teredo": "2001:0:53aa:64c::1",
    "IPv6 documentation": "2001:db8::1",
    "discard only": "100::1",
    "unassigned IPv6": "4000::1",
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "151.101.1.1", "2606:4700::1111", "2a00:1450:4001::200e"]


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiving(tmp_path_factory.mktemp("certificate")) as receiver:
        yield receiver


@pytest.fixture
def receiver(receivers: Receiver) -> Receiver:
    receivers.reset()
    return receivers


def posted(url: str, guard: Guard) -> Answer:
    async def run() -> Answer:
        client = GuardedClient(guard)
        try:
            return await client.post(url, b"{}", {})
        finally:
            await client.close()

    return asyncio.run(run())


def refusal(url: str, guard: Guard) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        posted(url, guard)
    return raised.value


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_it_refuses_every_address_that_is_not_of_the_open_internet(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_it_lets_the_open_internet_through(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_it_refuses_a_private_address_when_the_socket_opens(address):
    host = f"[{address}]" if ":" in address else address
    error = refusal(f"https://{host}/hook", Guard(timeout=2.0))
    assert (error.remedy, error.permanent, error.code) == (Remedy.FIX_ADDRESS, True, "refused")


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost"])
def test_it_refuses_a_private_address_in_another_spelling(host):
    assert refusal(f"https://{host}/hook", Guard(timeout=2.0)).remedy is not Remedy.RECONCILE


def test_it_refuses_a_name_when_a_single_one_of_its_addresses_is_private(receiver):
    receiver.names["hooks.mls.example"] = ["8.8.8.8", "192.168.0.9"]
    guard = Guard(timeout=2.0, resolver=lambda: FakeDns(receiver.names))
    error = refusal("https://hooks.mls.example/hook", guard)
    assert (error.code, error.message) == ("refused", "The address leads into a private network.")


def test_it_asks_for_the_address_again_at_every_call(receiver):
    """A name that was harmless at sign-up may point elsewhere today."""

    async def run() -> DeliveryError:
        client = GuardedClient(receiver.guard())
        await client.post(receiver.url("rebinding.example"), b"{}", {})
        await client.close()
        receiver.names["rebinding.example"] = ["10.0.0.1"]
        client = GuardedClient(receiver.guard())
        with pytest.raises(DeliveryError) as raised:
            await client.post(receiver.url("rebinding.example"), b"{}", {})
        await client.close()
        return raised.value

    assert asyncio.run(run()).code == "refused"
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.mls.example/hook",
        "ftp://hooks.mls.example/hook",
        "file:/etc/passwd",
        "hooks.mls.example/hook",
        "https:///hook",
        "https://hooks.mls.example:8443/hook",
        "https://hooks.mls.example:22/hook",
        "https://user:password@hooks.mls.example/hook",
        "https://user@hooks.mls.example/hook",
        "https://hooks.mls.example:notaport/hook",
        "https://[::1/hook",
        "https://hooks.mls.example/a hook",
        "https://hooks.mls.example/hook\r\nHost: elsewhere",
        "",
    ],
)
def test_it_takes_only_plain_https_addresses(url):
    with pytest.raises(DeliveryError) as raised:
        check_url(url)
    assert raised.value.permanent
    assert raised.value.message.endswith(".")


def test_it_takes_a_plain_https_address():
    assert check_url("https://hooks.mls.example/hook?key=1").hostname == "hooks.mls.example"
    assert check_url("https://hooks.mls.example:443/hook").port == 443


def test_it_brings_back_the_answer(receiver):
    receiver.status, receiver.body = 202, b"taken"
    answer = posted(receiver.url(), receiver.guard())
    assert (answer.status, answer.body) == (202, b"taken")
    assert receiver.received[0].path == "/hook"


def test_it_does_not_follow_a_redirect(receiver):
    receiver.status, receiver.headers = 307, {"Location": receiver.url(path="/elsewhere")}
    assert posted(receiver.url(), receiver.guard()).status == 307
    assert [request.path for request in receiver.received] == ["/hook"]


def test_it_reads_no_more_of_an_answer_than_it_needs(receiver):
    receiver.body = b"x" * 10_000_000
    assert len(posted(receiver.url(), receiver.guard()).body) == ANSWER_LIMIT


def test_it_does_not_unpack_what_a_receiver_compressed(receiver):
    receiver.body, receiver.headers = b"\x1f\x8b not gzip at all", {"Content-Encoding": "gzip"}
    assert posted(receiver.url(), receiver.guard()).body == receiver.body
    assert receiver.received[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("habit", ["delay", "drips"])
def test_it_gives_a_slow_receiver_only_so_long(receiver, habit):
    setattr(receiver, habit, 5.0 if habit == "delay" else True)
    receiver.pace = 0.2
    began = time.monotonic()
    error = refusal(receiver.url(), receiver.guard(timeout=0.5))
    assert error.remedy is Remedy.RECONCILE
    assert time.monotonic() - began < 2


def test_it_says_that_a_connection_broke_off_after_the_request(receiver):
    receiver.drops = True
    assert refusal(receiver.url(), receiver.guard()).remedy is Remedy.RECONCILE


def test_it_says_that_a_receiver_cannot_be_reached(receiver):
    receiver.names["hooks.mls.example"] = ["127.0.0.1"]
    guard = Guard(may_reach=lambda _: True, ports={1}, timeout=2.0, resolver=lambda: FakeDns(receiver.names))
    error = refusal("https://hooks.mls.example:1/hook", guard)
    assert (error.remedy, error.permanent, error.code) == (Remedy.RETRY, False, "unreachable")


def test_it_says_that_a_name_does_not_exist(receiver):
    guard = Guard(timeout=2.0, resolver=lambda: FakeDns({}))
    assert refusal("https://gone.mls.example/hook", guard).code == "unreachable"


def test_it_trusts_no_certificate_that_nobody_vouches_for(receiver):
    strict = Guard(may_reach=lambda _: True, ports={receiver.port}, timeout=2.0, resolver=receiver.guard().resolver)
    assert refusal(receiver.url(), strict).code == "tls"


def test_it_trusts_no_certificate_of_another_name(receiver):
    receiver.names["other.example"] = ["127.0.0.1"]
    assert refusal(receiver.url("other.example"), receiver.guard()).code == "tls"


def test_it_ignores_proxies_of_the_environment(receiver, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert posted(receiver.url(), receiver.guard()).status == 200


def test_it_keeps_no_cookies(receiver):
    receiver.headers = {"Set-Cookie": "seen=yes"}

    async def run() -> None:
        client = GuardedClient(receiver.guard())
        await client.post(receiver.url(), b"{}", {})
        await client.post(receiver.url(), b"{}", {})
        await client.close()

    asyncio.run(run())
    assert "Cookie" not in receiver.received[1].headers


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0", 0.0),
        ("86400", 3600.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
    ],
)
def test_it_reads_how_long_to_wait(header, seconds):
    assert retry_after(header, NOON) == seconds
