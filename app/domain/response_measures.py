"""How well the MLS answered: times, promises, reach; of one incident and over many (R56, R73)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.first_word import TARGET
from app.domain.incidents import Incident
from app.domain.promises_kept import promise_outcomes


@dataclass(frozen=True, slots=True)
class ResponseMeasures:
    """Of one incident; what is None has not happened, or nobody kept it.

    Times run from its start, but for the first word, which runs from when it was detected. `relieved`
    is when members could work again, `fixed` when the fault was gone: two times on purpose (R56).
    """

    id: str
    title: str
    started_at: datetime
    detect: timedelta | None
    first_word: timedelta | None
    workaround: timedelta | None
    promises: int
    promises_kept: int
    reached: int
    relieved: timedelta | None
    fixed: timedelta | None
    found_by_us: bool | None = None

    @property
    def is_first_word_in_time(self) -> bool:
        """Whether members heard within ten minutes (R26)."""
        return self.first_word is not None and self.first_word <= TARGET

    @property
    def share_kept(self) -> float | None:
        """How many of the promises were kept, from 0 to 1; None where nothing was promised."""
        return self.promises_kept / self.promises if self.promises else None


def response_measures(
    incident: Incident,
    *,
    detected_at: datetime | None,
    reached: int,
    now: datetime,
    found_by_us: bool | None = None,
) -> ResponseMeasures:
    """What the record of an incident says."""
    began = incident.started_at
    first = incident.updates[0].said_at if incident.updates else None
    offered = next((each.said_at for each in incident.updates if each.headings.how_to_reach.strip()), None)
    outcomes = [outcome for outcome in promise_outcomes(incident) if outcome.due_at <= now or outcome.said_at]
    ended = incident.resolved_at
    return ResponseMeasures(
        id=incident.id,
        title=incident.title,
        started_at=began,
        detect=_since(began, detected_at),
        first_word=_since(detected_at or began, first),
        workaround=_since(began, offered),
        promises=len(outcomes),
        promises_kept=sum(outcome.is_kept(ended or now) for outcome in outcomes),
        reached=reached,
        relieved=_since(began, incident.relieved_at or ended),
        fixed=_since(began, incident.fixed_at),
        found_by_us=found_by_us,
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """Over many incidents: medians, so that one bad night does not hide the rest."""

    incidents: int
    detect: timedelta | None
    first_word: timedelta | None
    in_time: int
    promises: int
    promises_kept: int
    reached: int


def summary_of(measured: Iterable[ResponseMeasures]) -> Summary:
    """What they add up to."""
    found = list(measured)
    return Summary(
        incidents=len(found),
        detect=_median(each.detect for each in found),
        first_word=_median(each.first_word for each in found),
        in_time=sum(each.is_first_word_in_time for each in found),
        promises=sum(each.promises for each in found),
        promises_kept=sum(each.promises_kept for each in found),
        reached=sum(each.reached for each in found),
    )


def _median(spans: Iterable[timedelta | None]) -> timedelta | None:
    known = sorted(span for span in spans if span is not None)
    middle = len(known) // 2
    if not known:
        return None
    return known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2


def _since(start: datetime, end: datetime | None) -> timedelta | None:
    return max(end - start, timedelta(0)) if end else None
