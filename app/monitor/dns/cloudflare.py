"""Cloudflare's API, version 4: one batch request, which it carries out in a single transaction.

https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/batch/ : deletes
come first, then posts. There is no third party's double of this API; the tests speak to one of ours,
which refuses what Cloudflare's documentation says it refuses.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from app.domain.failover import Change, Records, RecordSet, RecordType, Side, Switch, normal_name, normal_value
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError, Receipt

API = "https://api.cloudflare.com/client/v4"
TIMEOUT = 15.0
AUTOMATIC_TTL = 1
"""What Cloudflare writes for "automatic", which it serves as 300 seconds."""

SERVED_FOR_AUTOMATIC = 300

_KINDS = frozenset(kind.value for kind in RecordType)

Found = Mapping[str, Any]


class Cloudflare:
    """Changes a zone at Cloudflare with an API token that may edit the DNS of that one zone."""

    def __init__(self, token: str, *, api: str = API, timeout: float = TIMEOUT) -> None:
        self._token = token
        self._api = api
        self._timeout = timeout

    def holding(self, switch: Switch) -> Records:
        """The records at the name. One that Cloudflare stands in front of is refused: it never shows its values."""
        found = self._records(switch, self._zone_id(switch))
        if any(item.get("proxied") for item in found):
            raise ProviderError(
                f"{switch.name} is proxied by Cloudflare, so the name servers never show where it leads. Set it to "
                "“DNS only” beforehand, or change it by hand."
            )
        return _frozen(found)

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:  # noqa: ARG002
        """Delete what stands there and add what is to, in one transaction; refused when something else stands there."""
        try:
            zone = self._zone_id(switch)
            found = self._records(switch, zone)
        except NotHeardError as error:
            raise ProviderRefusedError(f"{error} Nothing was changed.") from error
        if _frozen(found) != change.before:
            raise ProviderRefusedError(
                "Something else stands there than a moment ago; nothing was changed. Plan again."
            )
        batch = {"deletes": [{"id": item["id"]} for item in found], "posts": _posts(change)}
        self._call("POST", f"/zones/{zone}/dns_records/batch", json=batch)
        return Receipt(words="Cloudflare took the change.")

    def progress(self, reference: str) -> str:  # noqa: ARG002
        """It says nothing more; the name servers do."""
        return ""

    def _zone_id(self, switch: Switch) -> str:
        if given := switch.options.get("zone_id"):
            return given
        zones = self._call("GET", "/zones", params={"name": switch.zone})
        if len(zones) != 1:
            raise ProviderError(f"The token sees {len(zones)} zones named {switch.zone}; it must see exactly one.")
        return str(zones[0]["id"])

    def _records(self, switch: Switch, zone: str) -> list[Found]:
        found = self._call("GET", f"/zones/{zone}/dns_records", params={"name.exact": switch.name, "per_page": "100"})
        return [item for item in found if normal_name(item["name"]) == switch.name and item["type"] in _KINDS]

    def _client(self) -> httpx.Client:
        """One for each request: a name is switched twice a year, and a connection kept open goes stale unseen."""
        return httpx.Client(
            base_url=self._api, timeout=self._timeout, headers={"Authorization": f"Bearer {self._token}"}
        )

    def _call(self, method: str, path: str, **options: Any) -> Any:
        """One request; its `result`.

        Raises:
            ProviderRefusedError: Cloudflare answered and says no, or it cannot be reached.
            NotHeardError: it was asked, and the answer was not heard or makes no sense.
        """
        try:
            with self._client() as client:
                answer = client.request(method, path, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ProviderRefusedError("Cloudflare cannot be reached; nothing was changed.") from error
        except httpx.HTTPError as error:
            raise NotHeardError("Cloudflare was asked and its answer was not heard.") from error
        if answer.status_code >= 500:
            raise NotHeardError(f"Cloudflare had a fault of its own ({answer.status_code}).")
        try:
            said = answer.json()
            is_done, result = said["success"], said["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise NotHeardError(f"Cloudflare answered {answer.status_code} and not in its own form.") from error
        if answer.is_error or is_done is not True:
            raise ProviderRefusedError(f"Cloudflare refused: {_reasons(said)}")
        return result


def _frozen(found: list[Found]) -> Records:
    by_kind: dict[RecordType, list[Found]] = {}
    for item in found:
        by_kind.setdefault(RecordType(item["type"]), []).append(item)
    return tuple(
        RecordSet(kind, tuple(sorted(normal_value(item["content"]) for item in items)), _ttl(items))
        for kind, items in sorted(by_kind.items())
    )


def _ttl(items: list[Found]) -> int:
    written = max(int(item["ttl"]) for item in items)
    return SERVED_FOR_AUTOMATIC if written == AUTOMATIC_TTL else written


def _posts(change: Change) -> list[dict[str, Any]]:
    # The least Cloudflare takes is 60 seconds, but for large customers.
    return [
        {
            "type": item.type.value,
            "name": change.name,
            "content": value,
            "ttl": max(item.ttl, 60),
            "proxied": False,
            "comment": "Porchlight failover",
        }
        for item in change.after
        for value in item.values
    ]


def _reasons(said: Mapping[str, Any]) -> str:
    reasons = [f"{item.get('message', '')} ({item.get('code', '')})" for item in said.get("errors") or []]
    return "; ".join(reasons) or "it gives no reason"
