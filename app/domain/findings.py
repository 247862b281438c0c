"""Independent findings: sealed from each other until all are submitted, then read side by side (R51).

begun ──▶ submitted ──▶ open, together with all the others
  └──▶ set aside, where an investigator will not come back to it

Nobody but its author reads a sealed finding, whatever their role: who has read what a colleague
suspects no longer looks elsewhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import RefusedError
from app.domain.severity import Severity
from app.domain.text import printable

FINDING_MOST = 10_000
"""Characters in one finding."""

_WANTED = {Severity.CRITICAL: 2, Severity.HIGH: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one investigator found. `opened_at` is when it and all the others were unsealed."""

    id: str
    account_id: str
    author: str
    words: str
    begun_at: datetime
    submitted_at: datetime | None = None
    opened_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody may read it."""
        return self.opened_at is not None


@dataclass(frozen=True, slots=True)
class FindingSeen:
    """A finding as one reader sees it: `words` is None while it is sealed from them."""

    id: str
    author: str
    words: str | None
    is_own: bool
    begun_at: datetime
    submitted_at: datetime | None


def findings_wanted(severity: Severity | None) -> int:
    """How many independent findings an incident needs: two where it is critical or high."""
    return _WANTED.get(severity, 0) if severity else 0


def findings_owed(findings: Collection[Finding], severity: Severity | None) -> int:
    """How many are still missing: of those wanted, and of those that were begun and not submitted."""
    submitted = sum(finding.submitted_at is not None for finding in findings)
    return max(findings_wanted(severity) - submitted, len(findings) - submitted)


def may_open(findings: Collection[Finding], severity: Severity | None) -> bool:
    """Whether the seals may be broken: all that were begun are submitted, and there are enough of them."""
    return bool(findings) and findings_owed(findings, severity) == 0


def seen_by(findings: Sequence[Finding], account_id: str) -> list[FindingSeen]:
    """The findings as this person may see them: their own, and those that are open."""
    return [
        FindingSeen(
            id=finding.id,
            author=finding.author,
            words=finding.words if finding.is_open or finding.account_id == account_id else None,
            is_own=finding.account_id == account_id,
            begun_at=finding.begun_at,
            submitted_at=finding.submitted_at,
        )
        for finding in findings
    ]


def checked_finding(words: str) -> str:
    """The words of a finding, trimmed.

    Raises:
        RefusedError: none, or too many (field "finding").
    """
    words = printable(words).strip()
    if not words:
        raise RefusedError({"finding": "Write down what you found, even if you are not sure."})
    if len(words) > FINDING_MOST:
        raise RefusedError({"finding": f"This has {len(words):,} characters; the most is {FINDING_MOST:,}."})
    return words
