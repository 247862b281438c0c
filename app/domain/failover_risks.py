"""What is read before a switch is used, and the risks in it, told in words before anybody says yes (R34)."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.failover import Change, Guarded, Records, RecordType, Side, Switch, leads_to, type_of

CERTIFICATE_LASTS = timedelta(days=2)
"""Beyond tomorrow, wherever on the clock today is."""


class Weight(StrEnum):
    """How much a risk weighs. With a `stop` nothing is changed; a `warning` is for a person to weigh."""

    STOP = "stop"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing to know before a switch. `until` fills `{until}` in the words, on the reader's own clock."""

    weight: Weight
    subject: str
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one server answers for the name. `trouble` says in words why it answers nothing."""

    place: str
    is_authoritative: bool
    records: Records = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """What the status host shows to a browser that asks for the name. `trouble` as a browser would put it."""

    address: str
    expires_at: datetime | None = None
    trouble: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was really served a moment ago.

    Attributes:
        answers: Of every authoritative server, then of several resolvers.
        other_types: Types other than A, AAAA and CNAME that stand at the very name.
        guarded: What must be the same afterwards.
        unguarded: Names and types of these that could not be read.
        certificates: One for each address of the status host; empty when it is not asked.
        strict_transport: The Strict-Transport-Security header of the name; "" without; None unknown.
        negative_ttl: For how many seconds "there is no such name" may be kept (RFC 2308, 5).
    """

    answers: tuple[Answer, ...]
    other_types: tuple[str, ...] = ()
    guarded: tuple[Guarded, ...] = ()
    unguarded: tuple[str, ...] = ()
    certificates: tuple[CertificateSeen, ...] = ()
    strict_transport: str | None = None
    negative_ttl: int = 0

    @property
    def authoritative(self) -> tuple[Answer, ...]:
        """Answers of servers that own the zone, where they answered."""
        return tuple(item for item in self.answers if item.is_authoritative and not item.trouble)

    def served_ttl(self, change: Change) -> int:
        """For how many seconds somebody may still hold what goes away: the longest that anybody serves now.

        A time to live that was shortened an hour ago does not help whoever asked before: what a
        resolver has left counts as well.
        """
        gone = {(item.type, item.values) for item in change.before if item not in change.after}
        served = [item.ttl for answer in self.answers for item in answer.records if (item.type, item.values) in gone]
        return max(change.ttl, *served, 0 if change.before else self.negative_ttl)


def risks(switch: Switch, change: Change, reading: Reading, now: datetime, *, to: Side) -> tuple[Risk, ...]:
    """Every risk of this change, the heaviest first."""
    found = [
        *_about_servers(change, reading),
        *_about_records(switch, change, reading, to),
        *_about_leftovers(switch, change, reading, to),
        *_about_waiting(switch, change, reading, now),
        *_about_neighbours(reading),
    ]
    if to is Side.FAILOVER:
        found += [*_about_certificates(reading, now), *_about_strict_transport(reading)]
    return tuple(sorted(found, key=lambda risk: list(Weight).index(risk.weight)))


def stops(found: Iterable[Risk]) -> list[str]:
    """The reasons for which nothing may be changed."""
    return [risk.words for risk in found if risk.weight is Weight.STOP]


def _about_servers(change: Change, reading: Reading) -> Iterator[Risk]:
    if not reading.authoritative:
        yield Risk(
            Weight.STOP, "name servers", "No name server of the zone answers, so nobody could see whether it worked."
        )
        return
    different = [answer.place for answer in reading.authoritative if not leads_to(answer.records, change.before)]
    if different:
        yield Risk(
            Weight.WARNING,
            "name servers",
            f"What {_listed(different)} answers is not what the provider holds: an earlier change may be on its way.",
        )
    for answer in reading.answers:
        if answer.trouble and answer.is_authoritative:
            yield Risk(Weight.WARNING, "name servers", f"{answer.place}: {answer.trouble}")
        elif answer.trouble:
            yield Risk(Weight.NOTE, "resolvers", f"{answer.place}: {answer.trouble}")


def _about_records(switch: Switch, change: Change, reading: Reading, to: Side) -> Iterator[Risk]:
    if change.is_nothing:
        yield Risk(Weight.STOP, "record", f"{switch.name} leads there already. There is nothing to change.")
    if any(item.type is RecordType.CNAME for item in change.after):
        yield from _about_cname(switch, reading)
    if to is Side.FAILOVER and not leads_to(change.before, switch.records(Side.NORMAL)) and not change.is_nothing:
        yield Risk(
            Weight.WARNING,
            "record",
            "The name does not lead where the plan says it normally does. Going back restores what stands there now.",
        )


def _about_leftovers(switch: Switch, change: Change, reading: Reading, to: Side) -> Iterator[Risk]:
    """What would still lead, or lead nobody, after the change."""
    for item in change.removed:
        if item.type is RecordType.AAAA:
            yield Risk(Weight.NOTE, "IPv6", "There is no IPv6 address on that side: the AAAA record goes away with it.")
    if "HTTPS" in reading.other_types:
        yield Risk(
            Weight.WARNING,
            "HTTPS record",
            "An HTTPS record stands at the name. Browsers follow it before any address; this switch leaves it alone.",
        )
    for value in switch.values(to):
        if type_of(value) is not RecordType.CNAME and ipaddress.ip_address(value).is_private:
            yield Risk(Weight.WARNING, "address", f"{value} is a private address: members cannot reach it.")


def _about_cname(switch: Switch, reading: Reading) -> Iterator[Risk]:
    if switch.is_apex:
        yield Risk(Weight.STOP, "CNAME", f"{switch.name} is the zone's own name, where no CNAME may stand.")
    if reading.other_types:
        yield Risk(
            Weight.STOP,
            "CNAME",
            f"{_listed(reading.other_types)} stands at {switch.name}; a CNAME beside other data is ignored by some "
            "servers and breaks mail on others. Give addresses instead.",
        )


def _about_waiting(switch: Switch, change: Change, reading: Reading, now: datetime) -> Iterator[Risk]:
    ttl = reading.served_ttl(change)
    until = now + timedelta(seconds=ttl)
    if ttl > switch.planned_ttl:
        yield Risk(
            Weight.WARNING,
            "TTL",
            f"The served TTL is {ttl:,} seconds, not {switch.planned_ttl:,} as planned: "
            "some members will not see this until {until}.",
            until,
        )
    else:
        yield Risk(Weight.NOTE, "TTL", f"The served TTL is {ttl:,} seconds: everybody sees it by {{until}}.", until)


def _about_neighbours(reading: Reading) -> Iterator[Risk]:
    if reading.unguarded:
        yield Risk(
            Weight.STOP,
            "mail and proofs",
            f"{_listed(reading.unguarded)} could not be read, so nobody could tell afterwards that it stayed the same.",
        )
    there = [item.in_words for item in reading.guarded if item.values]
    if there:
        yield Risk(Weight.NOTE, "mail and proofs", f"Stays as it is, and is compared afterwards: {_listed(there)}.")


def _about_certificates(reading: Reading, now: datetime) -> Iterator[Risk]:
    if not reading.certificates:
        yield Risk(Weight.STOP, "certificate", "The status host has no address that could be asked for a certificate.")
    for seen in reading.certificates:
        if seen.trouble:
            yield Risk(Weight.STOP, "certificate", f"The status host at {seen.address}: {seen.trouble}")
        elif seen.expires_at is not None and seen.expires_at <= now + CERTIFICATE_LASTS:
            yield Risk(
                Weight.STOP,
                "certificate",
                f"The certificate at {seen.address} ends too soon: it must last beyond tomorrow.",
            )
        else:
            yield Risk(
                Weight.NOTE,
                "certificate",
                f"The status host at {seen.address} has a certificate for the name until {{until}}.",
                seen.expires_at,
            )


def _about_strict_transport(reading: Reading) -> Iterator[Risk]:
    if reading.strict_transport is None:
        yield Risk(
            Weight.NOTE,
            "HSTS",
            "The normal host does not answer, so nobody knows whether browsers insist on https. Take it that they do.",
        )
    elif reading.strict_transport:
        yield Risk(
            Weight.NOTE,
            "HSTS",
            "Browsers insist on https for this name and offer no way around a bad certificate: plain http is no "
            "fallback.",
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
