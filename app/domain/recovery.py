"""What has to be done and seen before a component counts as recovered (R53, R54, R56).

Steps are kept with each component and ticked by people. A probe that looks at the component is a
check of its own: it ticks itself while it sees the component well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.text import printable

STEPS_MOST = 20
STEP_MOST = 200
"""Steps of one component and purpose, and characters in one."""


class Purpose(StrEnum):
    """What a step is for: to bring the component back, or to see that it is back."""

    RECOVER = "recover"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of a checklist. `ref` names the step or the probe; `by` is the person or the check that ticked it.

    A probe that does not see it well says why in `trouble`; a person may tick it all the same, under
    their own name.
    """

    ref: str
    purpose: Purpose
    component: str
    words: str
    is_probe: bool = False
    done_at: datetime | None = None
    by: str = ""
    trouble: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it is ticked."""
        return self.done_at is not None


def unverified(items: Iterable[CheckItem]) -> list[CheckItem]:
    """The checks that have not passed; recovery steps are a help and hold nobody up."""
    return [item for item in items if item.purpose is Purpose.VERIFY and not item.is_done]


def checked_steps(text: str, field: str) -> list[str]:
    """Steps as they are typed, one to a line.

    Raises:
        RefusedError: too many, or one that is too long.
    """
    steps = list(dict.fromkeys(" ".join(line.split()) for line in printable(text).splitlines() if line.strip()))
    if len(steps) > STEPS_MOST:
        raise RefusedError({field: f"These are {len(steps)} steps; the most is {STEPS_MOST}."})
    if any(len(step) > STEP_MOST for step in steps):
        raise RefusedError({field: f"Keep each step under {STEP_MOST} characters."})
    return steps
