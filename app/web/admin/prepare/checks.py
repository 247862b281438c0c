"""Our own checks in the console: what each last saw, a new one, a rest, a look at once (R3, R9)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.api_keys import create_api_key
from app.commands.probes import add_probe, drop_probe, look_again, pause_probe
from app.domain.accounts import Permission
from app.domain.api_keys import Scope
from app.domain.errors import RefusedError
from app.domain.probes import Probe, ProbeDraft, ProbeKind, state_now
from app.domain.reports import CheckState
from app.store.components import live_components
from app.store.probes import ProbeRow, frozen_probe, probe_rows
from app.web.admin.forms import member_of
from app.web.admin.settings.keys import ConfirmedKeyKeeper
from app.web.auth import Allow, Reader
from app.web.beats import beat_path
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

CHECKS = "/admin/checks"
FIELDS: Mapping[ProbeKind, Sequence[str]] = {
    ProbeKind.HTTP: ("url", "status", "text", "most_seconds"),
    ProbeKind.LOGIN_JOURNEY: ("steps",),
    ProbeKind.TCP: ("host", "port"),
    ProbeKind.TLS: ("host", "port"),
    ProbeKind.DNS: ("name", "type", "address", "server"),
    ProbeKind.SMTP: ("host", "port"),
    ProbeKind.FEED_AGE: ("url", "field", "warn_minutes", "fail_minutes"),
    ProbeKind.STATUSPAGE: ("url",),
    ProbeKind.HEARTBEAT: ("what",),
    ProbeKind.COUNT: ("what",),
}
"""What a check of each kind may be told; `port` is a name server's as well."""

WIDTH, HEIGHT = 120, 24
_ALERTS_PER_MINUTE = 120
_STEPS_MOST = 4_000

CheckEditor = Annotated[Visit, Depends(Allow(Permission.EDIT_COMPONENTS))]

router = APIRouter(prefix=CHECKS)


@router.get("")
def checks(visit: Reader, kind: str = "") -> Response:
    """Every check with its last looks, and the form for another of that kind."""
    return _page(visit, kind=member_of(ProbeKind, kind))


@router.post("")
def add_check(visit: CheckEditor, posted: PostedForm) -> Response:
    """Watch a component."""
    try:
        draft = _draft(posted)
        with visit.transaction() as session:
            owner, vault = posted.text("owner")[:80], visit.parts.vault
            add_probe(session, posted.text("component"), draft, owner=owner, vault=vault, now=visit.now)
    except RefusedError as error:
        return _page(visit, typed=posted, problems=error.problems)
    return visit.see_other(f"{CHECKS}?added=1")


@router.post("/alert-keys")
def add_alert_key(visit: ConfirmedKeyKeeper, posted: PostedForm) -> Response:
    """Make the address at which one monitoring system reports its alerts, and show it, this once."""
    try:
        with visit.transaction() as session:
            scopes = [Scope.ALERTS_WRITE]
            key, token = create_api_key(
                session, posted.text("system"), scopes, per_minute=_ALERTS_PER_MINUTE, now=visit.now
            )
    except RefusedError as error:
        return _page(visit, problems={"system": str(error)})
    address = f"{visit.parts.public_url}/hooks/alerts/{token}"
    return visit.page("checks/alert_key.html", status=201, key=key, address=address)


@router.post("/{probe_id}/rest")
def rest(visit: CheckEditor, probe_id: str, posted: PostedForm) -> Response:
    """Let a check rest, or go on."""
    with visit.transaction() as session:
        pause_probe(session, probe_id, is_paused=posted.text("resting") == "yes", now=visit.now)
    return visit.see_other(CHECKS)


@router.post("/{probe_id}/turn")
def look_now(visit: CheckEditor, probe_id: str) -> Response:
    """Look at once, with the next tick of the clock."""
    with visit.transaction() as session:
        look_again(session, probe_id, now=visit.now)
    return visit.see_other(f"{CHECKS}?hurried=1")


@router.post("/{probe_id}/removal")
def remove(visit: CheckEditor, probe_id: str) -> Response:
    """Look no more."""
    with visit.transaction() as session:
        drop_probe(session, probe_id, now=visit.now)
    return visit.see_other(CHECKS)


def line_of(recent: list[list[float]]) -> str:
    """The last looks as points of an SVG line, the slowest at the top; nothing before the second look."""
    if len(recent) < 2:
        return ""
    slowest = max(seconds for _, seconds, _ in recent) or 1.0
    step = WIDTH / (len(recent) - 1)
    points = ((turn * step, HEIGHT - 1 - (HEIGHT - 2) * look[1] / slowest) for turn, look in enumerate(recent))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _draft(posted: Posted) -> ProbeDraft:
    kind, every, times = posted.text("kind"), posted.text("every"), posted.text("fail_after")
    if kind not in set(ProbeKind):
        raise RefusedError({"kind": "Choose how to look."})
    if not every.isdigit() or not times.isdigit():
        raise RefusedError({"every": "Give whole numbers."})
    known = [name for name in FIELDS[ProbeKind(kind)] if name != "steps"]
    expects = {name: value for name in known if (value := posted.text(name).strip()[:500])}
    if steps := posted.text("steps")[:_STEPS_MOST]:
        expects["steps"] = steps
    secrets = _secrets(posted.text("secrets")[:_STEPS_MOST])
    return ProbeDraft(ProbeKind(kind), expects, timedelta(seconds=int(every[:6])), int(times[:3]), secrets)


def _secrets(text: str) -> dict[str, str]:
    """What is signed in with, one "name=value" to a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not all("=" in line for line in lines):
        raise RefusedError({"secrets": "Give each secret on a line of its own: name=value."})
    return {name.strip(): value for name, _, value in (line.partition("=") for line in lines)}


def _page(
    visit: Visit,
    *,
    kind: ProbeKind | None = None,
    typed: Posted | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    chosen = (member_of(ProbeKind, typed.text("kind")) if typed else kind) or ProbeKind.HTTP
    with visit.database.read() as session:
        rows, components = probe_rows(session), live_components(session)
    known = {item.slug: item.short_name for item in components}
    return visit.page(
        "checks/index.html",
        status=422 if problems else 200,
        checks=[_shown(visit, row, frozen_probe(row, slug), known.get(slug, slug)) for row, slug in rows],
        components=components,
        kinds=list(ProbeKind),
        chosen=chosen,
        fields=FIELDS[chosen],
        typed=typed,
        problems=problems or {},
        may_edit=visit.may(Permission.EDIT_COMPONENTS),
        may_keep_keys=visit.may(Permission.MANAGE_KEYS),
        added=visit.is_after("added"),
        hurried=visit.is_after("hurried"),
    )


def _shown(visit: Visit, row: ProbeRow, probe: Probe, component: str) -> dict[str, object]:
    """One check as the page shows it."""
    is_beat = probe.kind.comes_by_itself
    return {
        "row": row,
        "probe": probe,
        "component": component,
        "state": _state(row, probe, visit.now),
        "line": line_of(row.recent),
        "beat": f"{visit.parts.public_url}/hooks{beat_path(visit.parts.vault, row.id)}" if is_beat else "",
    }


def _state(row: ProbeRow, probe: Probe, now: datetime) -> CheckState:
    return CheckState.UNKNOWN if row.is_paused else state_now(CheckState(row.state), row.looked_at, probe.every, now)
