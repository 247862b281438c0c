"""Who is asking, and the guards that stand on every route of the console.

A route takes a `Visit` by one of the annotated names below (`Reader`, `Poster`, ...), or says
`FOR_ANYONE`. What cannot be taken back is guarded by `Reauthenticated`: the person has shown within
the last quarter of an hour that it is still them. Where that depends on the form, such as on the
number of people it reaches, the handler calls `confirmed(visit)` instead.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from app.commands import sign_ins
from app.domain.accounts import Permission
from app.domain.errors import (
    NotAllowedError,
    NotConfirmedError,
    NotSignedInError,
    SecondFactorNeededError,
    UnavailableError,
)
from app.domain.second_factors import is_fresh, needs_second_factor
from app.web.visit import Parts, Visit, parts_of

log = logging.getLogger(__name__)


class Anyone:
    """Marks a route that needs no sign-in. A route with neither this nor `Allow` stops the start."""

    def __call__(self) -> None:
        """Let everybody in."""


@dataclass(frozen=True, slots=True)
class Allow:
    """The guard of a route: only for people whose role has this permission.

    Raises:
        NotSignedInError: nobody is signed in.
        SecondFactorNeededError: this installation wants more than a password of this role.
        NotAllowedError: the role does not cover it.
    """

    permission: Permission

    def __call__(self, request: Request) -> Visit:
        """Who is asking, and with what the route works."""
        return self.admit(visit_of(request))

    def admit(self, visit: Visit) -> Visit:
        """The visit, if this person may."""
        if visit.lacks_factor:
            raise SecondFactorNeededError("Add a passkey or an authenticator first; then you can go on.")
        if not visit.account.may(self.permission):
            raise NotAllowedError(
                f"You are signed in as {visit.account.name} ({visit.account.role.in_words.lower()}), "
                "whose role does not cover this. Nothing was done."
            )
        return visit


@dataclass(frozen=True, slots=True)
class AllowSelf(Allow):
    """The guard of somebody's own account page, which is open before a second factor is set up."""

    def admit(self, visit: Visit) -> Visit:
        """The visit: everybody who is signed in may look after their own account."""
        return visit


@dataclass(frozen=True, slots=True)
class Reauthenticated(Allow):
    """`Allow`, and the person has shown within the last 15 minutes that it is still them.

    Raises:
        NotConfirmedError: they have not; the console asks, and comes back with the words kept.
    """

    def admit(self, visit: Visit) -> Visit:
        """The visit, if this person may and is surely there."""
        return confirmed(Allow(self.permission).admit(visit))


@dataclass(frozen=True, slots=True)
class ReauthenticatedSelf(Allow):
    """The guard of changes to one's own way in: as `AllowSelf`, and as fresh as `Reauthenticated`."""

    def admit(self, visit: Visit) -> Visit:
        """The visit, if the person is surely there."""
        return confirmed(visit)


def confirmed(visit: Visit) -> Visit:
    """The visit, when the person has shown lately that it is still them. For handlers whose form decides.

    Raises:
        NotConfirmedError: they have not; the console asks, and comes back with the words kept.
    """
    if not is_fresh(visit.proved_at, visit.now):
        raise NotConfirmedError("Confirm that it is you. Nothing was done yet.")
    return visit


Reader = Annotated[Visit, Depends(Allow(Permission.READ))]
Triager = Annotated[Visit, Depends(Allow(Permission.TRIAGE))]
Commander = Annotated[Visit, Depends(Allow(Permission.COMMAND))]
Poster = Annotated[Visit, Depends(Allow(Permission.POST))]
SubscriberKeeper = Annotated[Visit, Depends(Allow(Permission.MANAGE_SUBSCRIBERS))]
Editor = Annotated[Visit, Depends(Allow(Permission.EDIT_COMPONENTS))]
Administrator = Annotated[Visit, Depends(Allow(Permission.ADMINISTER))]
ConfirmedAdministrator = Annotated[Visit, Depends(Reauthenticated(Permission.ADMINISTER))]
Exporter = Annotated[Visit, Depends(Reauthenticated(Permission.EXPORT))]
Oneself = Annotated[Visit, Depends(AllowSelf(Permission.READ))]
FOR_ANYONE = [Depends(Anyone())]


def cookie_name(parts: Parts) -> str:
    """`__Host-` pins the cookie to this host and to https; plain http on a laptop cannot have that."""
    return "__Host-porchlight" if parts.secure_cookies else "porchlight"


def token_of(request: Request) -> str | None:
    """The token of the browser's sign-in, good or not."""
    return request.cookies.get(cookie_name(parts_of(request)))


def set_cookie(answer: Response, parts: Parts, token: str) -> None:
    """Hand the browser the token of its sign-in."""
    answer.set_cookie(
        cookie_name(parts),
        token,
        max_age=int(parts.limits.absolute.total_seconds()),
        path="/",
        secure=parts.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def visit_of(request: Request) -> Visit:
    """The visit of whoever is signed in, whatever their role.

    Raises:
        NotSignedInError: nobody is.
    """
    parts, token = parts_of(request), token_of(request)
    if not token:
        raise NotSignedInError("Sign in to go on.")
    now = parts.clock()
    with parts.database.read() as session:
        found = sign_ins.signed_in_account(session, token, limits=parts.limits, now=now)
        if found is None:
            raise NotSignedInError("Your sign-in has ended. Sign in again to go on.")
    is_asked = parts.second_factor_required and needs_second_factor(found.account.role)
    if found.is_time_to_note:
        _keep_up(parts, token, now)
    return Visit(
        request,
        parts,
        found.account,
        now,
        found.organisation,
        sign_in_id=found.id,
        proved_at=found.proved_at,
        lacks_factor=is_asked and not found.has_lasting_factor,
    )


def _keep_up(parts: Parts, token: str, now: datetime) -> None:
    try:
        with parts.database.transaction() as session:
            sign_ins.keep_up_sign_in(session, token, now=now)
    except UnavailableError:
        # A full disk must not sign out the people who have to say so.
        log.warning("could not note that a browser was seen; its sign-in may end early")
