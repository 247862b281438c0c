"""Several applications behind one door: each owns the paths below its own, the console owns the rest."""

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class ByPath:
    """Hands a request to the application that owns its path: the path itself, or anything below it."""

    def __init__(self, rest: ASGIApp, owners: Mapping[ASGIApp, Collection[str]]) -> None:
        self._rest = rest
        self._owners = {path: app for app, paths in owners.items() for path in paths}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        app = self._owner(scope["path"]) if scope["type"] == "http" else self._rest
        await app(scope, receive, send)

    def _owner(self, path: str) -> ASGIApp:
        for owned, app in self._owners.items():
            if path == owned or path.startswith(f"{owned}/"):
                return app
        return self._rest
