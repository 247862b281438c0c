"""The Manage API over a small MLS, and a program that calls it as Statuspage's clients do."""

import asyncio
from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from app.commands.api_keys import create_api_key
from app.domain.api_keys import MANAGE_SCOPES, Scope
from app.store.components import component_rows
from app.store.session import Database
from app.store.signed_links import Links
from app.web.manage.call import ManageParts
from app.web.manage.site import build_manage
from tests.commands.sign_ups import VAULT
from tests.commands.world import build
from tests.web.consoles import Time

HOST = "status.mls.example"
SITE = f"https://{HOST}"
PAGE = "kctbh9vrtdwd"


class Program:
    """Sends requests with one key. Paths are below the page unless they begin with /v1."""

    def __init__(self, app: Any, key: str, *, address: str = "192.0.2.7") -> None:
        self._app, self._address = app, address
        self.authorization = f"OAuth {key}"

    def request(
        self, method: str, path: str, *, host: str = HOST, headers: dict[str, str] | None = None, **content: Any
    ) -> Response:
        """Send anything; `headers` replace the key's own."""
        return asyncio.run(self._send(method, path, host, headers, content))

    async def _send(
        self, method: str, path: str, host: str, headers: dict[str, str] | None, content: dict[str, Any]
    ) -> Response:
        transport = ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 50_000))
        sent = {"Authorization": self.authorization} if headers is None else headers
        url = path if path.startswith("/v1") else f"/v1/pages/{PAGE}{path}"
        async with AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            return await client.request(method, url, headers=sent, **content)

    def get(self, path: str, **content: Any) -> Response:
        """Read."""
        return self.request("GET", path, **content)

    def post(self, path: str, body: Any = None, **content: Any) -> Response:
        """Create; `body` is sent as JSON."""
        return self.request("POST", path, **({"json": body} if body is not None else {}), **content)

    def patch(self, path: str, body: Any = None, **content: Any) -> Response:
        """Change; `body` is sent as JSON."""
        return self.request("PATCH", path, **({"json": body} if body is not None else {}), **content)

    def put(self, path: str, body: Any = None, **content: Any) -> Response:
        """Change; `body` is sent as JSON."""
        return self.request("PUT", path, **({"json": body} if body is not None else {}), **content)

    def delete(self, path: str, **content: Any) -> Response:
        """Take away."""
        return self.request("DELETE", path, **content)


class ManagedSite:
    """The API over a database with the small MLS in it."""

    def __init__(self, database: Database) -> None:
        with database.transaction() as session:
            build(session)
        self.database, self.time = database, Time()
        self.links = Links(VAULT, SITE)
        self.app = self.new_app()

    def new_app(self) -> FastAPI:
        """The API as another process on the same database would serve it."""
        return build_manage(ManageParts(self.database, self.links, self.time), hosts={HOST})

    def key(self, *scopes: Scope, name: str = "Monitor", per_minute: int = 6_000) -> str:
        """A new key with these scopes, all of them unless some are named."""
        with self.database.transaction() as session:
            return create_api_key(session, name, scopes or MANAGE_SCOPES, per_minute=per_minute, now=self.time())[1]

    def program(self, *scopes: Scope, per_minute: int = 6_000) -> Program:
        """A program with a key of its own."""
        return Program(self.app, self.key(*scopes, per_minute=per_minute))

    def ids(self, slugs: Collection[str] = ()) -> dict[str, str]:
        """The id of every component by its slug."""
        with self.database.read() as session:
            return {row.slug: row.id for row in component_rows(session)}
