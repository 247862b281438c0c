"""AWS on this machine: moto's server, and a guard before it that refuses what the real Route 53 refuses.

Moto takes nearly any ChangeBatch. The guard knows the rules of the documentation that a switch could
break: nothing beside a CNAME, DELETE only of exactly what stands there, CREATE only of what does not,
no CNAME at the apex, whole names, and all of a batch or nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

ACCOUNT = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}


@contextmanager
def aws(monkeypatch: pytest.MonkeyPatch, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Moto's server, empty; boto3's own environment leads to it. Its address."""
    server = ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        yield address
    finally:
        server.stop()


@contextmanager
def client(service: str, address: str) -> Iterator[Any]:
    """A client of the double, closed afterwards."""
    made = boto3.client(service, endpoint_url=address, **ACCOUNT)  # type: ignore[call-overload]
    try:
        yield made
    finally:
        made.close()


def strict(route53: Any, zone: str) -> Any:
    """The client, refusing before each ChangeBatch what the real Route 53 would refuse."""

    def check(params: dict[str, Any], **_: Any) -> None:
        standing = route53.list_resource_record_sets(HostedZoneId=params["HostedZoneId"])["ResourceRecordSets"]
        check_batch(params["ChangeBatch"], standing, zone)

    route53.meta.events.register("before-parameter-build.route-53.ChangeResourceRecordSets", check)
    return route53


class InvalidChangeBatch(Exception):
    """The real service would have answered 400 InvalidChangeBatch."""


def check_batch(batch: dict[str, Any], standing: list[dict[str, Any]], zone: str) -> None:
    """Play the batch against the records that stand there.

    Raises:
        InvalidChangeBatch: Route 53 would refuse it.
    """
    now = {(item["Name"], item["Type"]): item for item in standing}
    if not 1 <= len(batch["Changes"]) <= 1000:
        raise InvalidChangeBatch("a batch has 1 to 1000 changes")
    for change in batch["Changes"]:
        _play(change["Action"], change["ResourceRecordSet"], now, zone)
    for name, kind in now:
        if kind == "CNAME" and any(other == name and its != "CNAME" for other, its in now):
            raise InvalidChangeBatch(f"{name} has a CNAME beside other records")


def _play(action: str, item: dict[str, Any], now: dict[tuple[str, str], dict[str, Any]], zone: str) -> None:
    key = (item["Name"], item["Type"])
    if not item["Name"].endswith(f"{zone}."):
        raise InvalidChangeBatch(f"{item['Name']} is not in the zone {zone}")
    if item["Type"] == "CNAME" and item["Name"] == f"{zone}.":
        raise InvalidChangeBatch("a CNAME cannot stand at the apex")
    if item["Type"] == "CNAME" and not item["ResourceRecords"][0]["Value"].endswith("."):
        raise InvalidChangeBatch("a value without its final dot")
    if action == "DELETE":
        if now.get(key) != item:
            raise InvalidChangeBatch(f"tried to delete {item}, which is not what stands there: {now.get(key)}")
        del now[key]
    elif action == "CREATE" and key in now:
        raise InvalidChangeBatch(f"tried to create {key}, which exists")
    else:
        now[key] = item
