"""Which addresses from strangers may be called at all. No client in here: the sign-up form asks too."""

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from notifiers.base import DeliveryError, Remedy

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Ranges that Python calls global and that lead elsewhere: into a network behind a translator or a
# tunnel, or to a service of the machine's own landlord.
_DISGUISED = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "168.63.129.16/32",  # Azure answers its own machines here
            "64:ff9b::/96",  # NAT64 (RFC 6052)
            "64:ff9b:1::/48",  # NAT64 for local use (RFC 8215)
            "2001::/32",  # Teredo
            "2002::/16",  # 6to4 (RFC 3056)
        ),
    )
)
_ASSIGNED_V6 = ipaddress.ip_network("2000::/3")


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the open internet, and of nothing that only looks like it.

    `is_global` alone lets multicast, NAT64 and 6to4 through. An IPv4 address in IPv6 clothes is
    refused whatever it is: no resolver hands one out in good faith.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in _DISGUISED if network.version == address.version):
        return False
    return address.version == 4 or address in _ASSIGNED_V6


def check_url(url: str, ports: Collection[int] = frozenset({443})) -> SplitResult:
    """Refuse an address that could never be a hook: what the sign-up form asks, and every call again.

    Raises:
        DeliveryError: permanent, with the reason in words.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise refused("This is not a web address.") from None
    if parts.scheme != "https" or not parts.hostname:
        raise refused("The address must start with https://.")
    if port not in ports:
        raise refused("The address must use port 443.")
    if parts.username or parts.password:
        raise refused("The address must not contain a user name or a password.")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise refused("The address must not contain spaces.")
    return parts


def leads_home(host: str) -> bool:
    """Whether a host, without asking anybody, is known not to be of the open internet.

    A name is resolved, and every one of its addresses asked about, when it is called.
    """
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return "." not in host.strip(".") or host.endswith((".local", ".internal", ".localhost", ".home.arpa"))


def refused(words: str) -> DeliveryError:
    """The address must not be called, whenever it is tried."""
    return DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="refused")
