"""The login journey: signing in as a member does, step by step, with cookies, a form, and what is hidden in it (R7)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp

from app.domain.journeys import Step, StepKind, filled, read_journey, without_secrets
from app.domain.probes import Look, Probe
from app.monitor.probes.reaching import NotReachedError, Reach, failed
from app.monitor.probes.web import ANSWER_MOST, guarded

REDIRECTS_MOST = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPS_FORM = frozenset({307, 308})


@dataclass(slots=True)
class _Seen:
    """The page that came last."""

    status: int = 0
    body: bytes = b""
    hidden: Mapping[str, str] = field(default_factory=dict)


async def look_journey(probe: Probe, reach: Reach) -> Look:
    """Walk all steps; the first that is not as expected says which it was, and never what was typed."""
    steps, seen, began = read_journey(probe.expects["steps"]), _Seen(), time.perf_counter()
    async with guarded(reach, aiohttp.CookieJar(unsafe=True)) as session:
        for number, step in enumerate(steps, 1):
            problem = await _walk(session, step, seen, probe.secrets)
            if problem:
                said = without_secrets(f"step {number}, {step.kind}: {problem}", probe.secrets)
                return failed(said, time.perf_counter() - began)
    return Look(is_well=True, seconds=time.perf_counter() - began)


async def _walk(session: aiohttp.ClientSession, step: Step, seen: _Seen, secrets: Mapping[str, str]) -> str:
    """Take one step; what was wrong with it, empty when nothing was."""
    if step.kind is StepKind.STATUS:
        return "" if str(seen.status) == step.target else f"the page answered {seen.status}"
    if step.kind is StepKind.TEXT:
        return "" if step.target.encode() in seen.body else f"“{step.target[:60]}” is not on the page"
    fields = {name: filled(value, secrets, seen.hidden) for name, value in step.fields}
    await _ask(session, step, fields, seen)
    return f"answers {seen.status}" if seen.status >= 500 else ""


async def _ask(session: aiohttp.ClientSession, step: Step, fields: Mapping[str, str], seen: _Seen) -> None:
    """Open or send, and follow where it leads, a few times."""
    url, form = step.target, dict(fields) if step.kind is StepKind.SEND else None
    for _ in range(REDIRECTS_MOST):
        method = "GET" if form is None else "POST"
        async with session.request(method, url, data=form, allow_redirects=False) as response:
            seen.status, seen.body = response.status, await response.content.read(ANSWER_MOST)
            leads = response.headers.get("Location", "")
        if seen.status not in _REDIRECTS or not leads:
            seen.hidden = _hidden_fields(seen.body)
            return
        url = urljoin(url, leads)
        if not url.startswith(("https://", "http://")):
            raise NotReachedError("it leads away from the web")
        # A form goes on only where the answer says so, and never to another host: it holds the password.
        form = form if seen.status in _KEEPS_FORM and _is_same_host(url, step.target) else None
    raise NotReachedError("it leads on and on")


def _is_same_host(url: str, other: str) -> bool:
    return url.split("/")[:3] == other.split("/")[:3]


def _hidden_fields(body: bytes) -> Mapping[str, str]:
    parser = _Inputs()
    parser.feed(body.decode("utf-8", "replace"))
    return parser.hidden


class _Inputs(HTMLParser):
    """The hidden fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a browser would send along."""
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and (name := given.get("name")):
            self.hidden[name] = given.get("value") or ""
