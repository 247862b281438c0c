"""Our own checks: when one is due, when it has failed, when it is unusually slow, when it fell silent (R7, R8, R9).

Everything is decided here from values; `app.monitor.probes` only looks. One answer that fails means
nothing: `fail_after` of them in a row do. Slowness is measured against the probe's own past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.journeys import problems_of_journey
from app.domain.reports import CheckState

SILENT_AFTER = 3
"""After so many missed turns a probe says nothing any more: the component is "not being checked"."""

EVERY_LEAST, EVERY_MOST = timedelta(seconds=10), timedelta(days=1)
FAIL_AFTER_MOST = 20

_LEARNING = 12
"""Answers before the baseline is believed."""

_FOLLOWS = 0.01
"""Of the baseline, each look: about two hours at one a minute, so that a ramp does not pull it along."""

_LATELY = 0.2
"""The weight of one look in the share of failures lately: about the last ten."""

_UNSTEADY = 0.3
_COUNT_FOLLOWS = 0.1
_COUNT_LEARNING = 3
_COUNT_LEAST = 5.0
_MEASURES = 3.0
_LEAST_RISE = 1.5
_LEAST_SECONDS = 0.05
_IN_A_ROW = 3


class ProbeKind(StrEnum):
    """How a probe looks; each is a function of `app.monitor.probes`."""

    HTTP = "http"
    TCP = "tcp"
    TLS = "tls"
    DNS = "dns"
    SMTP = "smtp"
    HEARTBEAT = "heartbeat"
    STATUSPAGE = "statuspage"
    LOGIN_JOURNEY = "login_journey"
    FEED_AGE = "feed_age"
    COUNT = "count"

    @property
    def comes_by_itself(self) -> bool:
        """Whether it is told from outside rather than looked at from here."""
        return self in (ProbeKind.HEARTBEAT, ProbeKind.COUNT)


@dataclass(frozen=True, slots=True)
class Probe:
    """What is looked at and how often.

    `expects` are the kind's own settings (url, host, port, status, text ...), `secrets` what it signs in with.
    """

    id: str
    kind: ProbeKind
    slug: str
    expects: Mapping[str, str]
    every: timedelta = timedelta(seconds=60)
    fail_after: int = 3
    owner: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def target(self) -> str:
        """What it looks at, in a few words."""
        named = (self.expects.get(name) for name in ("url", "host", "name", "what"))
        return next(filter(None, named), self.kind)

    @property
    def words(self) -> str:
        """The probe as a person would name it: "http https://forms.example/up"."""
        return f"{self.kind} {self.target}" if self.target != self.kind else self.kind.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Look:
    """One look: whether it was as expected, how long it took, and why not.

    `is_slow`: the probe itself warns. `count` is what a count says instead of a time.
    """

    is_well: bool
    seconds: float = 0.0
    reason: str = ""
    is_slow: bool = False
    count: int | None = None


Usual = Mapping[str, Sequence[float]]
"""By hour of the day ("0" to "23", UTC): the mean, the scatter, and how many counts taught them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the looks so far add up to.

    `mean` and `spread` (seconds) are the baseline: exponentially weighted averages of well answers
    and of their distance from the mean. `failed` and `slow` count looks in a row. `lately` and
    `usually` are the share of looks that failed; `by_hour` is the baseline of a count.
    """

    state: CheckState = CheckState.UNKNOWN
    failed: int = 0
    slow: int = 0
    looks: int = 0
    mean: float = 0.0
    spread: float = 0.0
    reason: str = ""
    lately: float = 0.0
    usually: float = 0.0
    by_hour: Usual = field(default_factory=dict)


def after(standing: Standing, look: Look, fail_after: int) -> Standing:
    """The standing with one more look.

    It fails with the `fail_after`th bad look in a row and works again with the first good one. It is
    slow after three slow looks in a row: longer than the mean by three times the usual scatter, by
    half, and by a twentieth of a second. Slow looks teach the baseline a tenth as fast, so that a
    ramp is noticed and a new normal is accepted in the end. It is just as unusual when it keeps
    failing now and then, never often enough in a row (R8).
    """
    standing = _with_share(standing, look)
    if not look.is_well:
        failed = standing.failed + 1
        state = CheckState.FAILING if failed >= fail_after else standing.state
        return replace(standing, failed=failed, slow=0, looks=standing.looks + 1, state=state, reason=look.reason)
    if standing.state is CheckState.FAILING:
        standing = replace(standing, lately=0.0)  # that failure was its own matter
    is_slow = look.is_slow or _is_unusual(standing, look.seconds)
    slow = standing.slow + 1 if is_slow else 0
    learned = _learned(standing, look.seconds, _FOLLOWS / 10 if is_slow else _FOLLOWS)
    is_unusual = slow >= _IN_A_ROW or look.is_slow
    state = CheckState.SLOW if is_unusual or _is_unsteady(standing) else CheckState.WORKING
    said = _slow_words(standing, look) if is_unusual else _share_words(standing)
    reason = look.reason or (said if state is CheckState.SLOW else "")
    return replace(learned, failed=0, slow=slow, looks=standing.looks + 1, state=state, reason=reason)


def after_count(standing: Standing, count: int, hour: int) -> Standing:
    """The standing of a count, such as sign-ins in five minutes, with one more of them (R8).

    `hour` is the hour of the day: what is usual at nine is not usual at midnight. It is unusual with
    the second count in a row that is away from that hour's mean by three times the usual scatter,
    by half, and by five.
    """
    mean, spread, taught = standing.by_hour.get(str(hour), (0.0, 0.0, 0.0))
    away = abs(count - mean)
    is_unusual = taught >= _COUNT_LEARNING and away > max(_MEASURES * spread, mean / 2, _COUNT_LEAST)
    weight = max(_COUNT_FOLLOWS, 1 / (taught + 1)) * (0.1 if is_unusual else 1.0)
    mean += weight * (count - mean)
    spread += weight * (abs(count - mean) - spread)
    by_hour = {**standing.by_hour, str(hour): (mean, spread, taught + 1)}
    unusual = standing.slow + 1 if is_unusual else 0
    state = CheckState.SLOW if unusual >= _COUNTS_IN_A_ROW else CheckState.WORKING
    reason = f"{count:,} now, usually {mean:,.0f} at this hour" if state is CheckState.SLOW else ""
    return replace(
        standing, failed=0, slow=unusual, looks=standing.looks + 1, state=state, reason=reason, by_hour=by_hour
    )


_COUNTS_IN_A_ROW = 2


def _with_share(standing: Standing, look: Look) -> Standing:
    bad = 0.0 if look.is_well else 1.0
    lately = standing.lately + _LATELY * (bad - standing.lately)
    return replace(standing, lately=lately, usually=standing.usually + _FOLLOWS * (bad - standing.usually))


def _is_unsteady(standing: Standing) -> bool:
    """Whether it fails far more often than it usually does, though never often enough in a row."""
    is_known = standing.looks >= _LEARNING
    return is_known and standing.lately >= max(_UNSTEADY, _MEASURES * standing.usually)


def _share_words(standing: Standing) -> str:
    return f"fails {standing.lately:.0%} of the time lately, usually {standing.usually:.0%}"


def _is_unusual(standing: Standing, seconds: float) -> bool:
    if standing.looks < _LEARNING:
        return False
    most = standing.mean + max(_MEASURES * standing.spread, _LEAST_SECONDS)
    return seconds > max(most, standing.mean * _LEAST_RISE)


def _learned(standing: Standing, seconds: float, follows: float) -> Standing:
    """The baseline after a well look; the first looks count as in a plain average."""
    weight = max(follows, 1 / (standing.looks + 1)) if standing.looks < _LEARNING else follows
    mean = standing.mean + weight * (seconds - standing.mean)
    spread = standing.spread + weight * (abs(seconds - mean) - standing.spread)
    return replace(standing, mean=mean, spread=spread)


def _slow_words(standing: Standing, look: Look) -> str:
    return f"takes {look.seconds:.2f} s, usually {standing.mean:.2f} s"


def silent_at(looked_at: datetime, every: timedelta) -> datetime:
    """From when on a probe that last looked then is silent: it stands for nothing (R9)."""
    return looked_at + every * SILENT_AFTER


def state_now(state: CheckState, looked_at: datetime | None, every: timedelta, now: datetime) -> CheckState:
    """What a probe's last state is worth now: `unknown` once it is silent."""
    if looked_at is None or now >= silent_at(looked_at, every):
        return CheckState.UNKNOWN
    return state


_NEEDED: Mapping[ProbeKind, tuple[str, ...]] = {
    ProbeKind.HTTP: ("url",),
    ProbeKind.TCP: ("host", "port"),
    ProbeKind.TLS: ("host",),
    ProbeKind.DNS: ("name",),
    ProbeKind.SMTP: ("host",),
    ProbeKind.HEARTBEAT: (),
    ProbeKind.STATUSPAGE: ("url",),
    ProbeKind.LOGIN_JOURNEY: ("steps",),
    ProbeKind.FEED_AGE: ("url", "fail_minutes"),
    ProbeKind.COUNT: ("what",),
}


@dataclass(frozen=True, slots=True)
class ProbeDraft:
    """A probe as a person or a file describes it."""

    kind: ProbeKind
    expects: Mapping[str, str] = field(default_factory=dict)
    every: timedelta = timedelta(seconds=60)
    fail_after: int = 3
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def check_probe(draft: ProbeDraft) -> None:
    """Refuse a probe that cannot look.

    Raises:
        RefusedError: something is missing or makes no sense; one sentence per field.
    """
    problems = _problems_of_expects(draft)
    if not EVERY_LEAST <= draft.every <= EVERY_MOST:
        problems["every"] = "Look every 10 seconds at the most often, and once a day at least."
    if not 1 <= draft.fail_after <= FAIL_AFTER_MOST:
        problems["fail_after"] = f"Give a number from 1 to {FAIL_AFTER_MOST}."
    if problems:
        raise RefusedError(problems)


def _problems_of_expects(draft: ProbeDraft) -> dict[str, str]:
    problems = {name: "This kind of check needs it." for name in _NEEDED[draft.kind] if not draft.expects.get(name)}
    url = draft.expects.get("url", "")
    if url and not url.startswith(("https://", "http://")):
        problems["url"] = "Give an address that begins with https:// or http://."
    if (port := draft.expects.get("port")) and not (port.isdigit() and 0 < int(port) < 65_536):
        problems["port"] = "Give a port from 1 to 65535."
    for name in ("warn_minutes", "fail_minutes"):
        if (minutes := draft.expects.get(name)) and not (minutes.isdigit() and 0 < int(minutes) < 100_000):
            problems[name] = "Give whole minutes."
    if draft.kind is ProbeKind.LOGIN_JOURNEY and draft.expects.get("steps"):
        problems |= problems_of_journey(draft.expects["steps"], draft.secrets)
    return problems
