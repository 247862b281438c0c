"""How old the newest entry of a feed is: Atom, RSS, or JSON with a named field (R7)."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.domain.probes import Look, Probe
from app.monitor.probes.reaching import failed
from app.monitor.probes.web import Pages

_XML_DATE = re.compile(rb"<(?:\w+:)?(?:updated|published|pubDate|lastBuildDate|date|modified)>\s*([^<]{8,40}?)\s*<")


async def look_feed_age(probe: Probe, site: Pages) -> Look:
    """Whether the newest entry is younger than `fail_minutes`; past `warn_minutes` it warns.

    `field` names the time in a JSON answer, RESO's `ModificationTimestamp` by default; the secret
    `bearer` is sent along where the feed asks for one.
    """
    status, body, seconds = await site.get(probe.expects["url"], probe.secrets.get("bearer", ""))
    if status >= 400:
        return failed(f"answers {status}", seconds)
    newest = max(_moments(body, probe.expects.get("field") or "ModificationTimestamp"), default=None)
    if newest is None:
        return failed("names no time of change", seconds)
    minutes = int((datetime.now(UTC) - newest).total_seconds() // 60)
    reason = f"the newest entry is {minutes} min old"
    if minutes >= int(probe.expects["fail_minutes"]):
        return failed(reason, seconds)
    is_old = minutes >= int(probe.expects.get("warn_minutes") or probe.expects["fail_minutes"])
    return Look(is_well=True, seconds=seconds, is_slow=is_old, reason=reason if is_old else "")


def _moments(body: bytes, field: str) -> Iterator[datetime]:
    """Every time of change in the answer that can be read."""
    if body.lstrip()[:1] in (b"{", b"["):
        said = list(_named(json.loads(body), field))
    else:
        said = [found.decode("utf-8", "replace") for found in _XML_DATE.findall(body)]
    for text in said:
        if moment := _moment(text):
            yield moment


def _named(value: object, field: str) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get(field), str):
            yield found
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _named(each, field)


def _moment(text: str) -> datetime | None:
    """The moment of an ISO 8601 or RFC 5322 date; one without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
