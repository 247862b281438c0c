"""Every error of the Manage API as JSON: `message` and `error` hold the same sentence, `problems` one per field."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import NotFoundError, PorchlightError, RefusedError, StaleVersionError, UnavailableError

log = logging.getLogger(__name__)

_STATUS: Mapping[type[PorchlightError], int] = {
    RefusedError: 422,
    NotFoundError: 404,
    StaleVersionError: 409,
    UnavailableError: 503,
}
_RETRY_SECONDS = "5"
_NAMED_MOST = 20


def speak_json(app: FastAPI) -> None:
    """Answer every error of `app` in words that a program can show."""
    app.add_exception_handler(PorchlightError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _broken)


def problem(
    status: int, words: str, *, problems: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """One error."""
    fields: dict[str, object] = {"message": words, "error": words}
    named = {name: text for name, text in (problems or {}).items() if name}
    if named:
        fields["problems"] = dict(list(named.items())[:_NAMED_MOST])
    always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(fields, status, {**always, **(headers or {})})


def refusal(_request: Request, status: int, words: str) -> Response:
    """What a guard in front of the application says."""
    return problem(status, words)


async def _refused(_request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 403)
    problems = error.problems if isinstance(error, RefusedError) else None
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else {}
    return problem(status, str(error), problems=problems, headers=headers)


async def _http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    words = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    return problem(error.status_code, words.get(error.status_code, error.detail), headers=error.headers)


async def _malformed(_request: Request, error: Exception) -> Response:
    places = [item["loc"][-1] for item in error.errors()] if isinstance(error, RequestValidationError) else []
    problems = {str(place): "This value cannot be read." for place in places}
    return problem(422, f"Cannot be read: {', '.join(problems)[:200]}.", problems=problems)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "Something broke on our side. Nothing that was not finished is shown as done.")
