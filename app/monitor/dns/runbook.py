"""A zone that only a person can change: the exact steps, and the same verification as for everybody else."""

from collections.abc import Iterator

from app.domain.failover import Change, Records, RecordSet, RecordType, Side, Switch
from app.monitor.dns.provider import ProviderError, Receipt
from app.monitor.dns.reading import Reader


class Runbook:
    """Changes nothing itself. What stands there is what the zone's own name servers answer."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def holding(self, switch: Switch) -> Records:
        """What the first authoritative server that answers has."""
        answers = [item for item in self._reader.answers(switch.name, switch.zone) if item.is_authoritative]
        for answer in answers:
            if not answer.trouble:
                return answer.records
        raise ProviderError(f"No name server of {switch.zone} answers.")

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:  # noqa: ARG002
        """The steps for a person."""
        return Receipt(steps=tuple(steps(switch, change)))

    def progress(self, reference: str) -> str:  # noqa: ARG002
        """Nobody but the name servers knows."""
        return ""


def steps(switch: Switch, change: Change) -> Iterator[str]:
    """What a person does in the console of whoever hosts the zone, in order, as sentences."""
    console = switch.options.get("console")
    yield f"Sign in to the DNS console{f' at {console}' if console else ''} and open the zone {switch.zone}."
    gone = [item for item in change.before if item not in change.after]
    for item in gone:
        yield f"Delete the {item.type} record of {change.name}: {_said(item)}."
    if gone and any(item.type is RecordType.CNAME for item in change.after):
        yield "Save only together with the next step, if the console can: until then the name leads nowhere."
    for item in change.after:
        if item not in change.before:
            yield f"Add a record: type {item.type}, name {change.name}, value {_said(item)}, TTL {item.ttl} seconds."
    yield f"Touch nothing else: not the MX, TXT or NS records of {switch.zone}, not _dmarc."
    yield "Come back here. This page watches the name servers and says when they answer it."


def _said(item: RecordSet) -> str:
    return ", ".join(item.values)
