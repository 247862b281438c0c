"""Cloudflare's DNS API, as far as a switch uses it; nobody else's double exists.

Written from https://developers.cloudflare.com/api/resources/dns/subresources/records/ : the envelope
of every answer, filters of the list, and a batch that runs deletes, then patches, puts and posts in
one transaction and refuses the whole of it with the documentation's own codes. It is strict: a
header, field or filter that the documentation does not know is refused with 400.
"""

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.serving import serving

TOKEN = "a-token-for-one-zone"
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
_FIELDS = {"type", "name", "content", "ttl", "proxied", "comment", "tags", "settings"}
_ADDRESSES = {"A", "AAAA"}


@dataclass
class Zone:
    """One zone and how the service behaves. `fault` is "silent", "broken" or "garbage" after it did its work."""

    name: str
    records: list[dict[str, Any]] = field(default_factory=list)
    fault: str = ""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, kind: str, name: str, content: str, *, ttl: int = 300, proxied: bool = False) -> None:
        """Put a record there."""
        values = {"type": kind, "name": name, "content": content, "ttl": ttl, "proxied": proxied}
        self.records.append({"id": f"{next(self.ids):032x}", **values})

    def values(self, name: str) -> list[tuple[str, str]]:
        """Types and values at a name."""
        return sorted((item["type"], item["content"]) for item in self.records if item["name"] == name)


class Refusal(Exception):
    """An answer with `success` false."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@contextmanager
def cloudflare(zone: Zone) -> Iterator[str]:
    """The API on this machine; its address, as the settings want it."""
    app = web.Application(middlewares=[_envelope(zone)])

    async def zones(request: web.Request) -> Any:
        _only(request, {"name"})
        wanted = request.query.get("name")
        return [{"id": ZONE_ID, "name": zone.name}] if wanted == zone.name else []

    async def records(request: web.Request) -> Any:
        _check_zone(request)
        _only(request, {"name.exact", "per_page"})
        return [item for item in zone.records if item["name"] == request.query["name.exact"]]

    async def batch(request: web.Request) -> Any:
        _check_zone(request)
        return _batch(zone, await request.json())

    app.router.add_get("/client/v4/zones", zones)
    app.router.add_get("/client/v4/zones/{zone}/dns_records", records)
    app.router.add_post("/client/v4/zones/{zone}/dns_records/batch", batch)
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}/client/v4"


def _envelope(zone: Zone) -> Any:
    @web.middleware
    async def answer(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refusal(403, 9109, "Unauthorized to access requested resource")
            result = await handler(request)
        except Refusal as error:
            errors = [{"code": error.code, "message": str(error)}]
            said = {"success": False, "errors": errors, "messages": [], "result": None}
            return web.json_response(said, status=error.status)
        if request.method == "POST" and zone.fault:
            return _at_fault(request, zone.fault)
        return web.json_response({"success": True, "errors": [], "messages": [], "result": result})

    return answer


def _at_fault(request: web.Request, fault: str) -> web.StreamResponse:
    if fault == "silent" and request.transport is not None:
        request.transport.close()
    if fault == "garbage":
        return web.Response(text="<html>A page of somebody else</html>", content_type="text/html")
    return web.Response(status=502, text="bad gateway")


def _check_zone(request: web.Request) -> None:
    if request.match_info["zone"] != ZONE_ID:
        raise Refusal(404, 7003, "Could not route to the zone, perhaps your object identifier is invalid?")


def _only(request: web.Request, known: set[str]) -> None:
    if set(request.query) - known:
        raise Refusal(400, 1004, f"unknown filter {set(request.query) - known}")


def _batch(zone: Zone, body: dict[str, Any]) -> dict[str, Any]:
    if set(body) - {"deletes", "patches", "puts", "posts"}:
        raise Refusal(400, 9207, "Request body is invalid.")
    before = copy.deepcopy(zone.records)
    try:
        for item in body.get("deletes", []):
            _delete(zone, item)
        for item in body.get("posts", []):
            _post(zone, item)
    except Refusal:
        zone.records = before
        raise
    return {"deletes": body.get("deletes", []), "patches": [], "puts": [], "posts": body.get("posts", [])}


def _delete(zone: Zone, item: dict[str, Any]) -> None:
    if set(item) != {"id"} or all(record["id"] != item["id"] for record in zone.records):
        raise Refusal(404, 81044, "Record does not exist.")
    zone.records = [record for record in zone.records if record["id"] != item["id"]]


def _post(zone: Zone, item: dict[str, Any]) -> None:
    if set(item) - _FIELDS or not {"type", "name", "content", "ttl"} <= set(item):
        raise Refusal(400, 9207, "Request body is invalid.")
    if item["ttl"] != 1 and not 60 <= item["ttl"] <= 86_400:
        raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.")
    kinds = {record["type"] for record in zone.records if record["name"] == item["name"]}
    if (item["type"] == "CNAME" and kinds & _ADDRESSES) or (item["type"] in _ADDRESSES and "CNAME" in kinds):
        raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if not item["name"].endswith(zone.name):
        raise Refusal(400, 9005, "The name does not stand in the zone.")
    kept = {name: value for name, value in item.items() if name != "comment"}
    zone.records.append({"id": f"{next(zone.ids):032x}", **kept})
