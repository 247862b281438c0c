"""Amazon Route 53, in two forms.

`Route53` changes the records themselves, through a control plane that lives in one region of the
world. `Route53Standby` changes nothing there: the zone holds both answers as failover records, the
normal one under an *inverted* health check of an S3 object. Where the object exists the check is
bad and the standby takes over. Writing and deleting one object works while the control plane does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from app.domain.failover import Change, Records, RecordSet, RecordType, Side, Switch, normal_name, normal_value
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError, Receipt

OBJECT_TEXT = b"While this object exists, the standby answers for the name. Written by Porchlight.\n"

PRIMARY, SECONDARY = "PRIMARY", "SECONDARY"
"""The two records of a pair: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html."""

_KINDS = frozenset(kind.value for kind in RecordType)
_NOTHING_DONE = (EndpointConnectionError, NoCredentialsError)


class Route53:
    """Changes records by one ChangeBatch, which Route 53 carries out as a whole or not at all."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def holding(self, switch: Switch) -> Records:
        """The record sets of the hosted zone.

        An alias or a routing policy is refused: it could not be put back from its answers.
        """
        with _asking():
            found = self._record_sets(switch)
        for item in found:
            if "AliasTarget" in item or "SetIdentifier" in item:
                raise ProviderError(
                    f"The {item['Type']} record of {switch.name} is an alias or has a routing policy. Use the form "
                    "“standby takes over”, or change it by hand."
                )
        return tuple(sorted(_frozen(item) for item in found))

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:  # noqa: ARG002
        """Old types are deleted to the letter, so that a change in between is refused; the rest is an UPSERT."""
        changes = [_change("DELETE", change.name, item) for item in change.removed]
        changes += [_change("UPSERT", change.name, item) for item in change.set]
        with _asking():
            zone = self._zone_id(switch)
        with _changing():
            answer = self._client.change_resource_record_sets(
                HostedZoneId=zone,
                ChangeBatch={"Comment": "Porchlight failover", "Changes": changes},
            )
        return Receipt(reference=answer["ChangeInfo"]["Id"], words="Route 53 took the change.")

    def progress(self, reference: str) -> str:
        """PENDING until all of Route 53's own servers have it. INSYNC is not yet "visible": caches keep the old."""
        with _asking():
            status = self._client.get_change(Id=reference)["ChangeInfo"]["Status"]
        return "" if status == "INSYNC" else "Route 53 is still telling its own name servers."

    def standby_trouble(self, switch: Switch) -> str:
        """What would keep the standby of this name from taking over, as a sentence; "" where all is laid out.

        Raises:
            ProviderError: it cannot be asked.
        """
        with _asking():
            found = self._record_sets(switch)
            if trouble := _pair_trouble(switch, found):
                return trouble
            checks = {item["HealthCheckId"] for item in found if item["Failover"] == PRIMARY}
            asked = [self._client.get_health_check(HealthCheckId=each)["HealthCheck"] for each in sorted(checks)]
        return next(filter(None, (_check_trouble(switch, each["HealthCheckConfig"]) for each in asked)), "")

    def _record_sets(self, switch: Switch) -> list[dict[str, Any]]:
        # Names come in an order of their own, types after one another: one page holds all of ours.
        page = self._client.list_resource_record_sets(
            HostedZoneId=self._zone_id(switch), StartRecordName=f"{switch.name}.", MaxItems="100"
        )
        return [
            dict(item)
            for item in page["ResourceRecordSets"]
            if normal_name(item["Name"].replace("\\052", "*")) == switch.name and item["Type"] in _KINDS
        ]

    def _zone_id(self, switch: Switch) -> str:
        """The hosted zone of the switch's options, or the only public one of that name.

        Raises:
            ProviderError: there is none, or more than one.
        """
        if given := switch.options.get("hosted_zone_id"):
            return given
        zones = self._client.list_hosted_zones_by_name(DNSName=f"{switch.zone}.", MaxItems="10")["HostedZones"]
        public = [
            zone["Id"]
            for zone in zones
            if normal_name(zone["Name"]) == switch.zone and not zone.get("Config", {}).get("PrivateZone")
        ]
        if len(public) != 1:
            raise ProviderError(
                f"There are {len(public)} public hosted zones {switch.zone}; give the id of the right one as "
                "hosted_zone_id."
            )
        return str(public[0])


class Route53Standby:
    """Lets the standby take over by writing one S3 object, and ends it by deleting that."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def holding(self, switch: Switch) -> Records:
        """The side that the object says: its presence is the failover."""
        with _asking():
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=_key(switch), MaxKeys=1)
        there = any(item["Key"] == _key(switch) for item in found.get("Contents", []))
        return switch.records(Side.FAILOVER if there else Side.NORMAL)

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:  # noqa: ARG002
        """Write the object, or delete it."""
        with _changing():
            if to is Side.FAILOVER:
                self._client.put_object(
                    Bucket=self._bucket, Key=_key(switch), Body=OBJECT_TEXT, ContentType="text/plain"
                )
            else:
                self._client.delete_object(Bucket=self._bucket, Key=_key(switch))
        return Receipt(words="The object is written. Health checkers need up to two minutes to notice.")

    def progress(self, reference: str) -> str:  # noqa: ARG002
        """Only the name servers can tell."""
        return ""


def _pair_trouble(switch: Switch, found: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with the pair of failover records; aliases are believed."""
    for part, side in ((PRIMARY, Side.NORMAL), (SECONDARY, Side.FAILOVER)):
        held = [item for item in found if item.get("Failover") == part]
        if not held:
            return f"{switch.name} has no {part} record."
        values = {(each.type, each.values) for each in (_frozen(item) for item in held if "AliasTarget" not in item)}
        if values and values != {(each.type, each.values) for each in switch.records(side)}:
            return f"The {part} record of {switch.name} holds another value than the switch."
    if any("Failover" not in item for item in found):
        return f"{switch.name} has a record beside its pair."
    if any("HealthCheckId" not in item for item in found if item["Failover"] == PRIMARY):
        return f"The PRIMARY record of {switch.name} has no health check."
    return ""


def _check_trouble(switch: Switch, config: Mapping[str, Any]) -> str:
    """What is wrong with the health check under the normal record: it has to be bad where the object is."""
    if not config.get("Inverted"):
        return f"The health check of {switch.name} is not inverted: it would be good while the object is there."
    if config.get("Disabled"):
        return f"The health check of {switch.name} is disabled."
    if config.get("ResourcePath", "").lstrip("/") != _key(switch):
        return f"The health check of {switch.name} does not look at {_key(switch)}."
    return ""


def _key(switch: Switch) -> str:
    return switch.options.get("standby_object") or f"failover/{switch.name}"


def _frozen(item: Mapping[str, Any]) -> RecordSet:
    values = sorted(normal_value(record["Value"]) for record in item["ResourceRecords"])
    return RecordSet(RecordType(item["Type"]), tuple(values), int(item["TTL"]))


def _change(action: str, name: str, item: RecordSet) -> dict[str, Any]:
    values = [f"{value}." if item.type is RecordType.CNAME else value for value in item.values]
    return {
        "Action": action,
        "ResourceRecordSet": {
            "Name": f"{name}.",
            "Type": item.type.value,
            "TTL": item.ttl,
            "ResourceRecords": [{"Value": value} for value in values],
        },
    }


@contextmanager
def _asking() -> Iterator[None]:
    """Reading changes nothing, so every failure is the same."""
    try:
        yield
    except ClientError as error:
        raise ProviderError(_said(error)) from error
    except BotoCoreError as error:
        raise ProviderError(f"AWS cannot be asked: {error}") from error


@contextmanager
def _changing() -> Iterator[None]:
    """Tell a refusal from an answer that was not heard."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500:
            raise NotHeardError(f"AWS had a fault of its own: {_said(error)}") from error
        raise ProviderRefusedError(_said(error)) from error
    except _NOTHING_DONE as error:
        raise ProviderRefusedError(f"AWS cannot be reached; nothing was changed. {error}") from error
    except BotoCoreError as error:
        raise NotHeardError(f"AWS was asked and its answer was not heard. {error}") from error


def _said(error: ClientError) -> str:
    told = error.response.get("Error", {})
    return f"AWS says {told.get('Code', 'no')}: {told.get('Message', '')}".strip()
