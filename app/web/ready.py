"""`/readyz`: whether this installation can do its work, for whoever watches it; 503 when it cannot.

It names the parts and no more: why one is not ready stands in the console and in the log.
"""

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

PATH = "/readyz"


def build_ready(parts: Callable[[], Mapping[str, bool]]) -> FastAPI:
    """An application with this one address; `parts` tells of every part whether it is ready."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    def ready(_: Request) -> Response:
        found = parts()
        is_ready = all(found.values())
        facts = {
            "status": "ready" if is_ready else "not ready",
            "parts": {name: "ready" if able else "not ready" for name, able in found.items()},
        }
        return JSONResponse(facts, 200 if is_ready else 503, headers={"cache-control": "no-store"})

    app.add_api_route(PATH, ready, methods=["GET", "HEAD"])
    return app
