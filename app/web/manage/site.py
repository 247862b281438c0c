"""The Manage API as an application of its own, for everything below /v1.

No route takes a cookie: whoever calls brings a key, so that no other site can make a browser act
here, and there is nothing to protect by `Origin`. It answers on the page's own names and not on
those of a failover, which show the public documents alone.
"""

from collections.abc import Collection

from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import NotFoundError
from app.web.manage import component_groups, components, incidents, pages, subscribers
from app.web.manage.call import ManageParts, Needs, Published, Reader, Shown, answer
from app.web.manage.description import describe
from app.web.manage.errors import problem, refusal, speak_json
from app.web.negotiation import host_name
from app.web.security import BoundedBody

PATH = "/v1"
BODY_MOST = 1_000_000
"""Bytes: two texts at their limit, escaped for the journey, come to less."""

DESCRIPTION = "/openapi.json"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

router = APIRouter(prefix=PATH)


def build_manage(parts: ManageParts, *, hosts: Collection[str]) -> FastAPI:
    """The API; `hosts` are the names on which it answers, without ports.

    Raises:
        RuntimeError: a route forgot to say what a key must be good for.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    app.state.shown = Shown(parts)
    for noun in (pages, incidents, component_groups, components, subscribers):
        app.include_router(noun.router, prefix=PATH)
    app.state.description = describe(app, parts.links.public_url)
    app.include_router(router)
    app.add_middleware(BoundedBody, refusal=refusal, most=BODY_MOST)
    app.add_middleware(HeadAsGet)
    app.add_middleware(WithoutSuffix)
    app.add_middleware(OwnHosts, hosts=hosts)
    speak_json(app)
    check_keys(app)
    return app


@router.get(DESCRIPTION, dependencies=[Depends(Published())], include_in_schema=False)
def description(request: Request) -> Response:
    """All of it as an OpenAPI document."""
    return answer(request.app.state.description)


@router.api_route("/{path:path}", methods=_METHODS, include_in_schema=False)
def nothing_here(_call: Reader) -> Response:
    """Whoever has a key is told that nothing stands at that address; others learn nothing."""
    raise NotFoundError("There is nothing at this address of the API.")


class WithoutSuffix:
    """Takes `.json` off the end of a path: clients write it or leave it out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its plain path. The scope stays the same object: others read it afterwards."""
        if scope["type"] == "http" and not scope["path"].endswith(DESCRIPTION):
            scope["path"] = scope["path"].removesuffix(".json")
        await self._app(scope, receive, send)


class HeadAsGet:
    """Answers HEAD with the head of what GET would answer (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a HEAD on as a GET whose body is dropped. The server still knows it as HEAD, and reads its own scope."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


class OwnHosts:
    """Answers on the page's own names only; on any other 421 (RFC 9110, 15.5.20)."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names one of the hosts."""
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).getlist("host")):
            await problem(421, "The API does not answer under this host name.")(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, named: list[str]) -> bool:
        return len(named) == 1 and host_name(named[0].encode("latin-1")) in self._hosts


def check_keys(app: FastAPI) -> None:
    """Stop a start with a route that anybody could use (security.md, "denies by default").

    Raises:
        RuntimeError: there is one.
    """
    for route in iter_route_contexts(app.routes):
        if len(needs_of(route)) != 1:
            raise RuntimeError(f"{route.path} does not say what a key must be good for")


def needs_of(route: RouteContext) -> list[Needs | Published]:
    """What a route asks of a key; a plain Starlette route asks nothing."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    listed = dependant.dependencies if dependant else []
    return [item.call for item in listed if isinstance(item.call, Needs | Published)]
