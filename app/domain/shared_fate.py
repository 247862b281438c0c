"""What would fall together: the page must share nothing with what it reports on (continuity.md).

A *footing* is what one name stands on: its zone, name servers, addresses and certificate issuer. Two
names with a footing in common go out together. Whether two networks belong to one company (their AS
number) cannot be known without a registry, and is not judged here.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footing:
    """What one name stands on, as far as it could be read.

    Attributes:
        name: The host, or the domain behind an @.
        purpose: What it is for, as a sentence begins with it: "The page", "Alert mail".
        zone: The zone that its name stands in.
        name_servers: Host names of those that own the zone.
        addresses: Of the host itself, or of the mail servers.
        issuer: Whoever signed its certificate.
    """

    name: str
    purpose: str
    zone: str = ""
    name_servers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class SharedFate:
    """One thing that two names stand on. `is_fatal`: when it goes, both are gone at once."""

    ours: Footing
    theirs: Footing
    words: str
    is_fatal: bool


def shared_fates(ours: Footing, theirs: Footing) -> Iterator[SharedFate]:
    """Everything that a name of ours has in common with a name of the MLS, the worst first."""
    pair = f"{ours.purpose} ({ours.name}) and {theirs.name}"
    zone = _name_in_common(ours, theirs)
    servers = sorted({*ours.name_servers} & {*theirs.name_servers})
    if zone:
        yield SharedFate(ours, theirs, f"{pair} stand in one DNS zone, {zone}. If it is lost, both are gone.", True)
    elif servers:
        all_of_them = {*ours.name_servers} <= {*theirs.name_servers}
        words = f"{pair} are answered by the same name servers ({_listed(servers)}). If these fail, both are gone."
        yield SharedFate(ours, theirs, words, all_of_them)
    if networks := sorted({*_networks(ours.addresses)} & {*_networks(theirs.addresses)}):
        words = f"{pair} are hosted in the same network ({_listed(networks)}). If it is cut off, both are gone."
        yield SharedFate(ours, theirs, words, True)
    if ours.issuer and ours.issuer == theirs.issuer:
        words = f"{pair} have certificates of the same issuer ({ours.issuer}). If it must revoke, both are refused."
        yield SharedFate(ours, theirs, words, False)


def _name_in_common(ours: Footing, theirs: Footing) -> str:
    """The zone that both names stand in, also when it could not be read: one name may be below the other."""
    if ours.zone and ours.zone == theirs.zone:
        return ours.zone
    for above, below in ((ours.name, theirs.name), (theirs.name, ours.name)):
        if below == above or below.endswith(f".{above}"):
            return above
    zones = [zone for zone in (theirs.zone, ours.zone) if zone]
    return next((zone for zone in zones if _is_below(ours.name, zone) and _is_below(theirs.name, zone)), "")


def _is_below(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _networks(addresses: Iterable[str]) -> Iterator[str]:
    """The /24 or /48 around each address: the smallest that is routed by itself."""
    for address in addresses:
        length = 24 if ipaddress.ip_address(address).version == 4 else 48
        yield str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
