"""Switches: one DNS record's normal and failover value, what a change does, and when it may be undone (R34).

A side of a switch is a few values: IPv4 addresses make an A record, IPv6 addresses an AAAA record,
one host name makes a CNAME. Whatever of these three a name answers before is what a change takes
away, so that an AAAA never goes on sending members to the old house. No other type is ever touched.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError

SHORTEST_TTL, LONGEST_TTL = 30, 86_400
MOST_VALUES = 8

PROBES_APART = timedelta(minutes=10)
PROBES_FRESH = timedelta(minutes=30)
PLAN_KEEPS = timedelta(hours=1)
SEEN_BY_MOST = 0.9
"""The share of places that must answer the new value before the clock of a drill stops."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


class RecordType(StrEnum):
    """The three types that say where a name leads."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"


class Side(StrEnum):
    """Where a name leads: where it always does, or to this page."""

    NORMAL = "normal"
    FAILOVER = "failover"

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.FAILOVER if self is Side.NORMAL else Side.NORMAL


@dataclass(frozen=True, slots=True, order=True)
class RecordSet:
    """All records of one name and type: values in order without final dots, and one time to live in seconds."""

    type: RecordType
    values: tuple[str, ...]
    ttl: int


Records = tuple[RecordSet, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """One record name that can lead to two places.

    `provider` is the key of whoever changes the zone; `options` are its public details, such as the
    id of a hosted zone. Secrets stand in the settings alone.
    """

    id: str
    name: str
    zone: str
    provider: str
    normal: tuple[str, ...]
    failover: tuple[str, ...]
    planned_ttl: int = 300
    options: Mapping[str, str] = field(default_factory=dict)
    version: int = 1

    @property
    def is_apex(self) -> bool:
        """Whether the name is the zone's own, where NS and SOA stand and no CNAME may (RFC 1034, 3.6.2)."""
        return self.name == self.zone

    def values(self, side: Side) -> tuple[str, ...]:
        """The values of a side as they were entered."""
        return self.failover if side is Side.FAILOVER else self.normal

    def records(self, side: Side) -> Records:
        """What the name is to answer on that side."""
        return record_sets(self.values(side), self.planned_ttl)


def record_sets(values: Iterable[str], ttl: int) -> Records:
    """Values sorted into record sets by what they are; an address is told from a name by itself."""
    found: dict[RecordType, set[str]] = {}
    for value in values:
        found.setdefault(type_of(value), set()).add(normal_value(value))
    return tuple(RecordSet(kind, tuple(sorted(found[kind])), ttl) for kind in RecordType if kind in found)


def type_of(value: str) -> RecordType:
    """Which record the value belongs in."""
    try:
        version = ipaddress.ip_address(value).version
    except ValueError:
        return RecordType.CNAME
    return RecordType.A if version == 4 else RecordType.AAAA


def normal_value(value: str) -> str:
    """A value as it is compared: an address in its shortest form, a name in small letters without its final dot."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return normal_name(value)


def normal_name(name: str) -> str:
    """A host name in small letters, without spaces around it or a final dot."""
    return name.strip().lower().removesuffix(".")


def is_host_name(name: str) -> bool:
    """Whether it can stand in the DNS (RFC 1035, 2.3.4): at least two labels, the last no number (RFC 3696, 2)."""
    labels = name.split(".")
    is_whole = len(name) <= 253 and len(labels) > 1 and not labels[-1].isdigit()
    return is_whole and all(_LABEL.fullmatch(label) for label in labels)


def check_switch(switch: Switch, providers: Collection[str]) -> None:
    """Refuse a switch that could never be used, or not without breaking something else.

    Raises:
        RefusedError: a field is no name, no address or out of bounds, or it would put a CNAME at the apex.
    """
    problems = _name_problems(switch)
    if switch.provider not in providers:
        problems["provider"] = f"Choose one of: {', '.join(sorted(providers))}."
    if not SHORTEST_TTL <= switch.planned_ttl <= LONGEST_TTL:
        problems["planned_ttl"] = f"Give seconds between {SHORTEST_TTL} and {LONGEST_TTL:,}."
    for side in Side:
        problems |= _side_problem(switch, side)
    if not problems and _same(switch.records(Side.NORMAL), switch.records(Side.FAILOVER)):
        problems["failover"] = "Both sides are the same; there would be nothing to switch."
    if problems:
        raise RefusedError(problems)


def _name_problems(switch: Switch) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not is_host_name(switch.name):
        problems["name"] = "Give a whole name such as dashboard.example.org."
    if not is_host_name(switch.zone):
        problems["zone"] = "Give the zone the name stands in, such as example.org."
    elif switch.name != switch.zone and not switch.name.endswith(f".{switch.zone}"):
        problems["zone"] = f"{switch.name} does not stand in the zone {switch.zone}."
    return problems


def _side_problem(switch: Switch, side: Side) -> dict[str, str]:
    values = switch.values(side)
    if not values or len(values) > MOST_VALUES:
        return {side.value: f"Give one to {MOST_VALUES} values: addresses, or one host name."}
    names = [value for value in values if type_of(value) is RecordType.CNAME]
    if bad := [name for name in names if not is_host_name(normal_name(name))]:
        return {side.value: f"“{bad[0][:80]}” is neither an address nor a host name."}
    if names and len(values) > 1:
        return {side.value: "A host name stands alone: a CNAME may not have anything beside it (RFC 1034, 3.6.2)."}
    if names and normal_name(names[0]) == switch.name:
        return {side.value: "The name would lead to itself."}
    if names and switch.is_apex:
        return {side.value: f"{switch.name} is the zone's own name, where no CNAME may stand. Give addresses."}
    return {}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of what exactly will change. `sign` is `-`, `+` or a space for what stays."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """Where a name leads before and after. `before` is what the provider holds now, not what a plan says."""

    name: str
    before: Records
    after: Records

    @property
    def is_nothing(self) -> bool:
        """Whether the name leads there already."""
        return _same(self.before, self.after)

    @property
    def removed(self) -> Records:
        """Record sets of types that the name will not have any more."""
        kept = {item.type for item in self.after}
        return tuple(item for item in self.before if item.type not in kept)

    @property
    def set(self) -> Records:
        """Record sets to be there afterwards that are not already, to the letter."""
        return tuple(item for item in self.after if item not in self.before)

    @property
    def lines(self) -> tuple[DiffLine, ...]:
        """The change as a diff, one record to a line, in zone file order."""
        old, new = (_zone_lines(self.name, records) for records in (self.before, self.after))
        gone = [DiffLine(" " if line in new else "-", line) for line in old]
        return (*gone, *(DiffLine("+", line) for line in new if line not in old))

    @property
    def ttl(self) -> int:
        """For how many seconds what goes away may still be kept by a resolver."""
        return max((item.ttl for item in self.before if item not in self.after), default=0)

    def back(self) -> "Change":
        """The change that undoes it: the very records that stood there before, with their own time to live."""
        return Change(self.name, self.after, self.before)


def _zone_lines(name: str, records: Records) -> list[str]:
    return [f"{name}. {item.ttl} IN {item.type} {_in_zone(item, value)}" for item in records for value in item.values]


def _in_zone(item: RecordSet, value: str) -> str:
    return f"{value}." if item.type is RecordType.CNAME else value


def _same(one: Records, other: Records) -> bool:
    return {(item.type, item.values) for item in one} == {(item.type, item.values) for item in other}


def leads_to(records: Records, wanted: Records) -> bool:
    """Whether an answer says what is wanted, whatever is left of its time to live."""
    return _same(records, wanted)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A record set beside the switch that must be the same before and after: mail, name servers, proofs.

    `values` is what the zone says, record by record in order; empty where there is none.
    """

    name: str
    type: str
    values: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """ "MX of hpmls.example"."""
        return f"{self.type} of {self.name}"


def touched(before: Sequence[Guarded], after: Sequence[Guarded]) -> tuple[str, ...]:
    """What did not stay byte for byte the same, in words. What could not be read afterwards is not called changed."""
    now = {(item.name, item.type): item.values for item in after}
    return tuple(
        item.in_words for item in before if (item.name, item.type) in now and now[item.name, item.type] != item.values
    )


class RunState(StrEnum):
    """How far one use of a switch is.

    `applying` and `reverting` are asked for and not yet known to be done: by a provider that was
    not heard, or by a person who follows a runbook.
    """

    PLANNED = "planned"
    APPLYING = "applying"
    WATCHING = "watching"
    REVERTING = "reverting"
    REVERTED = "reverted"
    REFUSED = "refused"

    @property
    def is_open(self) -> bool:
        """Whether the name leads away from its normal place, or may."""
        return self in (RunState.APPLYING, RunState.WATCHING, RunState.REVERTING)


@dataclass(frozen=True, slots=True)
class SignInProbe:
    """Somebody, or a probe, went through the whole sign-in at the normal address. Loading its page proves nothing."""

    at: datetime
    is_clean: bool
    words: str = ""


def revert_refusal(probes: Iterable[SignInProbe], now: datetime) -> str | None:
    """Why the name may not lead back yet, in words; None when it may.

    Two clean sign-ins ten minutes apart, none that failed since, the last of them fresh.
    """
    known = sorted((probe for probe in probes if probe.at <= now), key=lambda probe: probe.at)
    clean = _clean_since_last_failure(known)
    if known and not clean:
        return "The last sign-in at the normal address failed. Members stay here until two in a row are clean."
    if not clean:
        return "Nobody has signed in at the normal address yet. It takes two clean sign-ins ten minutes apart."
    if now - clean[-1].at > PROBES_FRESH:
        return "The last clean sign-in is more than half an hour old. Sign in at the normal address once more."
    if clean[-1].at - clean[0].at < PROBES_APART:
        return "One clean sign-in is not enough: the second must come at least ten minutes after the first."
    return None


def _clean_since_last_failure(probes: Sequence[SignInProbe]) -> list[SignInProbe]:
    clean: list[SignInProbe] = []
    for probe in probes:
        clean = [*clean, probe] if probe.is_clean else []
    return clean


def minutes_until(seen_at: datetime, applied_at: datetime) -> int:
    """Whole minutes that a drill took, at least one; a clock that was set back makes it no less."""
    return max(1, round((seen_at - applied_at).total_seconds() / 60))


@dataclass(frozen=True, slots=True)
class Pointing:
    """A name on its way from one place to another, as members are told: some may not see it until `everyone_by`."""

    name: str
    to: Side
    everyone_by: datetime
