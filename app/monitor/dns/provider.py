"""What whoever can change a zone must offer, and how it fails.

    ProviderError
    ├── ProviderRefusedError   it said no; nothing was changed
    └── NotHeardError          its answer was not heard; it may have done it, so it has to be looked up

Every message is a sentence for the person at the switch.
"""

from dataclasses import dataclass
from typing import Protocol

from app.domain.errors import PorchlightError
from app.domain.failover import Change, Records, Side, Switch


class ProviderError(PorchlightError):
    """A provider of DNS did not do what it was asked."""


class ProviderRefusedError(ProviderError):
    """It answered that it will not, or cannot, or that something else stands there; nothing was changed."""


class NotHeardError(ProviderError):
    """It was asked and nobody heard the answer: the change may have been made."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the change. `reference` is its name for it; `steps` are what a person has still to do."""

    reference: str = ""
    words: str = ""
    steps: tuple[str, ...] = ()


class DnsProvider(Protocol):
    """One way to change a zone. May be used by several threads."""

    def holding(self, switch: Switch) -> Records:
        """The A, AAAA and CNAME records that stand at the name, as the provider itself has them.

        Raises:
            ProviderError: it cannot be asked, or holds them in a form that could not be put back.
        """

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:
        """Make the change as a whole or not at all.

        Raises:
            ProviderRefusedError: nothing was changed.
            NotHeardError: nobody knows.
        """

    def progress(self, reference: str) -> str:
        """How far the provider says it is with the change it named so; "" when it says nothing more.

        Raises:
            ProviderError: it cannot be asked.
        """
