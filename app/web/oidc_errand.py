"""What a browser carries to the organisation's own sign-in and back, and what that sign-in can do for us.

Apart from the provider itself, so that a process without one does not load its libraries (30 MB).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from app.domain.errors import RefusedError

REFUSED = "The other sign-in did not say who you are. Sign in with your password or passkey."


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser carries on its way to the provider and back: whatever comes back must fit it."""

    state: str
    nonce: str
    verifier: str
    following: str

    @classmethod
    def begin(cls, following: str) -> "Errand":
        """A new errand; `following` is where the person wants to go."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, following)

    @property
    def text(self) -> str:
        """As it is sealed into a cookie."""
        return json.dumps(["oidc", asdict(self)])

    @classmethod
    def read(cls, text: str) -> "Errand":
        """The errand in an unsealed cookie.

        Raises:
            RefusedError: something else was sealed there.
        """
        found = json.loads(text) if text.startswith('["oidc"') else None
        if not found:
            raise RefusedError(REFUSED)
        return cls(**found[1])


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom the provider says it is: an address it has verified, and a name."""

    email: str
    name: str


class OtherSignIn(Protocol):
    """A provider that vouches for people; `app.web.oidc_provider` is the one there is.

    `domains` are those whose people get an account that may read when they have none.
    """

    name: str
    domains: frozenset[str]

    def address(self, errand: Errand, redirect_uri: str) -> str:
        """Where the browser goes.

        Raises:
            UnavailableError: the provider does not answer.
        """
        ...

    def claimed(self, errand: Errand, answer: Mapping[str, str], redirect_uri: str) -> Claimed:
        """Whom the provider names in answer to this errand.

        Raises:
            RefusedError: it is no answer to this errand, or the address is not verified.
            UnavailableError: the provider does not answer.
        """
        ...
