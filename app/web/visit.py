"""What a request of the console works with: the parts it was built from, who is asking, and the time."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from app.commands.sign_ins import network_of
from app.commands.suspicions import OnSuspected, tell_nobody
from app.domain.accounts import Account, Permission, SignInLimits
from app.domain.audit import Actor, Means
from app.domain.errors import NotFoundError
from app.domain.examination import Check
from app.domain.failover_desk import FailoverDesk
from app.domain.organisation import Organisation
from app.publish.without_database import WithoutDatabase
from app.store.session import Database
from app.store.vault import Vault
from app.web.capability import hand_out
from app.web.oidc_errand import OtherSignIn
from app.web.static import Assets
from app.web.templating import Clock

Newest = Callable[[], tuple[int, datetime] | None]
"""The newest published generation and when it was frozen; None before the first."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the console is built from, handed in by the composition root.

    `public_url` is the page's address without a final slash, `console_url` the console's. With
    `second_factor_required` a password alone lets nobody in who may do more than read.
    """

    database: Database
    vault: Vault
    clock: Callable[[], datetime]
    templates: Environment
    assets: Assets
    limits: SignInLimits
    newest: Newest
    public_url: str
    secure_cookies: bool
    console_url: str = ""
    second_factor_required: bool = False
    oidc: OtherSignIn | None = None
    sms_price: float = 0.0
    sms_per_day: int = 0
    failover: Callable[[], FailoverDesk] | None = None
    without_database: WithoutDatabase | None = None
    examine: Callable[[], Sequence[Check]] | None = None
    polly_voices: Mapping[str, str] = field(default_factory=dict)
    on_suspected: OnSuspected = tell_nobody

    @property
    def passkeys(self) -> bool:
        """Whether passkeys work here: they are bound to a host name, and an IP address is none (WebAuthn, 5.1.3)."""
        host = urlsplit(self.console_url).hostname or ""
        return bool(host) and not host.replace(".", "").isdigit() and ":" not in host

    @property
    def page_name(self) -> str:
        """The page's host as members type it."""
        return urlsplit(self.public_url).netloc


def parts_of(request: Request) -> Parts:
    """The parts that the application was built from."""
    parts: Parts = request.app.state.parts
    return parts


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by a signed-in person. `now` is the same moment for all of it.

    `proved_at` is when they last showed that it is them; `lacks_factor` whether they still have to
    set up what a password alone is not enough for.
    """

    request: Request
    parts: Parts
    account: Account
    now: datetime
    set_up: Organisation | None
    sign_in_id: str
    proved_at: datetime
    lacks_factor: bool = False

    @property
    def database(self) -> Database:
        """The database."""
        return self.parts.database

    @property
    def actor(self) -> Actor:
        """Who is asking, as the audit log names them."""
        return Actor(self.account.id, self.account.name, Means.CONSOLE, client_network(self.request))

    def transaction(self) -> AbstractContextManager[Session]:
        """One change by this person; see `Database.transaction`."""
        return self.database.transaction(by=self.actor)

    @property
    def organisation(self) -> Organisation:
        """The organisation whose console this is.

        Raises:
            NotFoundError: nothing has been loaded yet.
        """
        if self.set_up is None:
            raise NotFoundError("There is no organisation yet. Load one, for example with: porchlight demo load")
        return self.set_up

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown and entered."""
        return self.organisation.zone

    @property
    def clock(self) -> Clock:
        """How times are told and entered on this page."""
        return Clock(self.now, self.zone)

    def is_after(self, act: str) -> bool:
        """Whether this page is shown because a form did its work; `act` stands in the query."""
        return self.request.method == "GET" and act in self.request.query_params

    def may(self, permission: Permission) -> bool:
        """Whether this person may do that; templates ask before they offer it."""
        return self.account.may(permission)

    def page(self, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
        """A complete HTML page."""
        answer = render(self.parts, template, status=status, context={"visit": self, "at": self.clock, **context})
        parts = self.parts
        hand_out(answer, self.request, parts.vault, self.account, now=self.now, secure=parts.secure_cookies)
        return answer

    def see_other(self, path: str) -> RedirectResponse:
        """Show the page at `path` instead, after the work of a form is done (303)."""
        return RedirectResponse(path, status_code=303)


def render(
    parts: Parts, template: str, *, status: int, context: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A template of the console as a response."""
    html = parts.templates.get_template(f"admin/{template}").render(parts=parts, **context)
    return HTMLResponse(html, status_code=status, headers=dict(headers or {}))


def client_network(request: Request) -> str:
    """The network a request came from, as sign-ins count it; "unknown" where there is none."""
    return network_of(request.client.host if request.client else "")


def is_fragment(request: Request) -> bool:
    """Whether htmx asks, which follows no redirect to another page by itself."""
    return request.headers.get("hx-request") == "true"
