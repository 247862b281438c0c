"""Everything Porchlight refuses, in one tree.

    PorchlightError
    ├── RefusedError          the request breaks a rule; carries one sentence per field
    ├── NotFoundError         nothing by that name
    ├── StaleVersionError     somebody changed it since it was read
    ├── NotSignedInError      no session, or one that has ended
    ├── NotConfirmedError     the person has not shown lately that it is still them
    ├── SecondFactorNeededError  a password alone is not enough for this role
    ├── NotAllowedError       the person's role does not cover the act
    └── UnavailableError      a part we depend on is gone; nothing was half done

Every message is a sentence for the person who asked. Stack traces stay in logs.
"""

from collections.abc import Mapping


class PorchlightError(Exception):
    """Root of every error a caller may want to show."""


class RefusedError(PorchlightError):
    """A rule says no. `problems` maps a field name to one plain sentence."""

    def __init__(self, problems: Mapping[str, str] | str) -> None:
        self.problems: dict[str, str] = {"": problems} if isinstance(problems, str) else dict(problems)
        super().__init__(" ".join(self.problems.values()))


class NotFoundError(PorchlightError):
    """Nothing is known under the name that was given."""


class StaleVersionError(PorchlightError):
    """The record moved on since the caller read it; `current` is its version now."""

    def __init__(self, message: str, *, current: int) -> None:
        super().__init__(message)
        self.current = current


class NotSignedInError(PorchlightError):
    """The act needs a signed-in person."""


class NotConfirmedError(PorchlightError):
    """The act cannot be taken back, and the person has not shown lately that it is still them."""


class SecondFactorNeededError(PorchlightError):
    """The person's role needs more than a password here, and they have nothing else yet."""


class NotAllowedError(PorchlightError):
    """The signed-in person's role does not cover the act."""


class UnavailableError(PorchlightError):
    """A database, disk or provider is out; the act was not done and may be tried again."""
