"""Drills: a failure that is played through, what it shows, and when the next one is (R70, R72)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.errors import RefusedError
from app.domain.incidents import Incident
from app.domain.promises_kept import promise_outcomes

SCENARIO_MOST = 160
FIRST_WORD_TARGET = timedelta(minutes=10)
MARK = "DRILL"

_POINTS_FIRST_WORD, _POINTS_ROLES, _POINTS_PROMISES = 40, 30, 30


@dataclass(frozen=True, slots=True)
class Score:
    """What a drill showed. `first_word` is None where nobody spoke; of 100 points in all."""

    first_word: timedelta | None
    roles_accepted: int
    roles_asked: int
    promises_kept: int
    promises_made: int

    @property
    def points(self) -> int:
        """40 for a first word within ten minutes (fewer the later, none after half an hour), 30 each for the others."""
        return self._spoke() + self._share(self.roles_accepted, self.roles_asked, _POINTS_ROLES) + self._promises()

    def _spoke(self) -> int:
        if self.first_word is None:
            return 0
        late = max(self.first_word - FIRST_WORD_TARGET, timedelta(0)) / (2 * FIRST_WORD_TARGET)
        return round(_POINTS_FIRST_WORD * max(0.0, 1 - late))

    def _promises(self) -> int:
        return self._share(self.promises_kept, self.promises_made, _POINTS_PROMISES)

    @staticmethod
    def _share(done: int, asked: int, points: int) -> int:
        return round(points * done / asked) if asked else 0


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill, planned or played. `sections` and `slugs` are what it tested, `score` what it showed."""

    id: str
    scenario: str
    slug: str
    planned_on: date
    incident_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sections: tuple[int, ...] = ()
    slugs: tuple[str, ...] = ()
    score: Score | None = None

    @property
    def is_running(self) -> bool:
        """Whether people are playing it now."""
        return self.started_at is not None and self.ended_at is None

    def is_overdue(self, today: date) -> bool:
        """Whether its day went by and nobody played it."""
        return self.started_at is None and self.planned_on < today


def score_of(incident: Incident, roles_accepted: int, roles_asked: int, started_at: datetime, now: datetime) -> Score:
    """What a drill showed: the first word after the one that began it, parts taken, and promises that fell due."""
    later = [update.said_at for update in incident.updates[1:]]
    outcomes = [each for each in promise_outcomes(incident) if each.said_at or each.due_at <= now]
    return Score(
        first_word=later[0] - started_at if later else None,
        roles_accepted=roles_accepted,
        roles_asked=roles_asked,
        promises_kept=sum(outcome.is_kept(now) for outcome in outcomes),
        promises_made=len(outcomes),
    )


def marked(scenario: str) -> str:
    """The title that nobody can take for a real failure: "DRILL: the dashboard is down"."""
    return f"{MARK}: {scenario}"


def check_scenario(scenario: str) -> None:
    """Refuse a drill that nobody could play.

    Raises:
        RefusedError: it does not say what fails, or not in one line.
    """
    if not 5 <= len(scenario) <= SCENARIO_MOST:
        raise RefusedError({"scenario": f"Say what fails, in 5 to {SCENARIO_MOST} characters."})
