"""What a monitoring system says: Alertmanager's webhook (version 4), and a plain form for everything else (R7).

    {"version": "4", "alerts": [{"status": "firing", "labels": {...}, "fingerprint": "...", ...}]}
    {"id": "disk-7", "status": "open", "summary": "Disk is full", "component": "forms"}

Both become `Alert`s. Who sends is not trusted with more than a sentence: everything is cut to a
length, and a component is only believed when it is on the page.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from app.domain.errors import RefusedError

ALERTS_MOST = 100
"""Alerts in one call; Alertmanager sends a group, which is seldom more than a few."""

WORDS_MOST = 200
_ID_MOST = 200
_OPEN = frozenset({"firing", "open"})
_RESOLVED = frozenset({"resolved", "ok"})
_ZERO = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `id` names it within its sender, `component` is the slug it claims to speak of, if any."""

    id: str
    is_open: bool
    words: str
    component: str = ""
    began_at: datetime | None = None


def read_alerts(said: object) -> list[Alert]:
    """The alerts of one call, in either form.

    Raises:
        RefusedError: it is neither, or says too much; the sentence says what is wrong.
    """
    raw = said.get("alerts") if isinstance(said, Mapping) and "alerts" in said else said
    listed: Sequence[object] = raw if isinstance(raw, list) else [raw]
    if len(listed) > ALERTS_MOST:
        raise RefusedError(f"Send at most {ALERTS_MOST} alerts at a time.")
    is_manager = isinstance(said, Mapping) and "alerts" in said
    return [_of_alertmanager(each) if is_manager else _plain(each) for each in listed]


def known_component(alert: Alert, slugs: Collection[str]) -> str | None:
    """The component it speaks of, when that is on the page."""
    return alert.component if alert.component in slugs else None


def _of_alertmanager(raw: object) -> Alert:
    fields = _object(raw)
    labels, told = _texts(fields.get("labels")), _texts(fields.get("annotations"))
    name = labels.get("alertname", "")
    words = told.get("summary") or told.get("description") or name
    fingerprint = _text(fields.get("fingerprint")) or _digest(labels)
    if not words:
        raise RefusedError("An alert needs a label “alertname” or an annotation “summary”.")
    return Alert(
        fingerprint[:_ID_MOST],
        _is_open(fields.get("status")),
        words[:WORDS_MOST],
        labels.get("component", "")[:WORDS_MOST],
        _moment(fields.get("startsAt")),
    )


def _plain(raw: object) -> Alert:
    fields = _object(raw)
    name, words = _text(fields.get("id")), _text(fields.get("summary"))
    if not name or not words:
        raise RefusedError("An alert needs an “id” that names it and a “summary” in one sentence.")
    component = _text(fields.get("component"))[:WORDS_MOST]
    is_open, began_at = _is_open(fields.get("status")), _moment(fields.get("began_at"))
    return Alert(name[:_ID_MOST], is_open, words[:WORDS_MOST], component, began_at)


def _object(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise RefusedError("An alert is a JSON object. See docs/alerts.md for both forms.")
    return raw


def _is_open(status: object) -> bool:
    if status in _OPEN:
        return True
    if status in _RESOLVED:
        return False
    raise RefusedError("The “status” of an alert is “firing” or “open”, and later “resolved”.")


def _text(value: object) -> str:
    """A text on one line, without control characters; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def _texts(value: object) -> dict[str, str]:
    return {str(name): _text(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


def _moment(value: object) -> datetime | None:
    """A moment with its zone; None for none, and for Go's zero time, which means none."""
    if not isinstance(value, str) or value.startswith(_ZERO):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _digest(labels: Mapping[str, str]) -> str:
    """What names an alert whose sender gives no fingerprint: its labels, as Alertmanager itself does it."""
    return sha256("\n".join(f"{name}={labels[name]}" for name in sorted(labels)).encode()).hexdigest()[:16]
