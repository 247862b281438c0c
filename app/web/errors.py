"""Plain words for everything that can go wrong, with the words of the form kept; never a stack trace."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import (
    NotAllowedError,
    NotConfirmedError,
    NotFoundError,
    NotSignedInError,
    PorchlightError,
    RefusedError,
    SecondFactorNeededError,
    StaleVersionError,
    UnavailableError,
)
from app.web.admin.without_database import may_publish_anyway
from app.web.posted import KeptField, kept_fields, read_posted
from app.web.sign_in_form import OWN_ACCOUNT, ask_to_confirm, ask_to_sign_in
from app.web.visit import parts_of, render

log = logging.getLogger(__name__)

_STATUS: Mapping[type[PorchlightError], int] = {
    RefusedError: 422,
    NotFoundError: 404,
    StaleVersionError: 409,
    NotAllowedError: 403,
    UnavailableError: 503,
}

_TITLES: Mapping[int, str] = {
    400: "This request cannot be read",
    403: "This is not yours to do",
    404: "There is nothing here",
    405: "This address cannot do that",
    408: "That took too long",
    409: "Somebody was faster",
    413: "This is too much at once",
    415: "This is not a form",
    421: "Wrong address",
    422: "This was not accepted",
    500: "Something broke on our side",
    503: "Not at the moment",
}

_RETRY_SECONDS = "5"


def speak_plainly(app: FastAPI) -> None:
    """Answer every error of `app` with a page in plain words."""
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(NotConfirmedError, _not_confirmed)
    app.add_exception_handler(SecondFactorNeededError, _lacks_factor)
    app.add_exception_handler(PorchlightError, _refusal)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _malformed)


def problem_page(request: Request, status: int, sentence: str, kept: list[KeptField] | None = None) -> Response:
    """A whole page that says what went wrong and, when a form was sent, offers it again."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else {}
    context = {
        "title": title,
        "sentence": sentence,
        "kept": kept or [],
        "path": request.url.path,
        "publish_anyway": status == 503 and may_publish_anyway(request),
    }
    return render(parts_of(request), "problem.html", status=status, context=context, headers=headers)


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    return await ask_to_sign_in(request, await _kept(request))


async def _not_confirmed(request: Request, _error: Exception) -> Response:
    return await ask_to_confirm(request, await _kept(request))


async def _lacks_factor(request: Request, error: Exception) -> Response:
    if request.method == "GET":
        return RedirectResponse(f"{OWN_ACCOUNT}?first", 303)
    return problem_page(request, 403, str(error), await _kept(request))


async def _refusal(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return problem_page(request, status, str(error), await _kept(request))


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if 300 <= error.status_code < 400:
        return RedirectResponse((error.headers or {})["Location"], error.status_code)
    page = problem_page(request, error.status_code, _sentence(error))
    page.headers.update(error.headers or {})
    return page


def _sentence(error: HTTPException) -> str:
    if error.status_code == 404:
        return "No page of the console stands at this address."
    if error.status_code == 405:
        return "This address does not take that kind of request."
    return error.detail


async def _malformed(request: Request, _error: Exception) -> Response:
    return problem_page(request, 422, "A part of this request is missing or has the wrong form.", await _kept(request))


class Failures:
    """Answers what nobody foresaw with a page, inside the security headers; the trace goes to the log alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; step in only while no answer has begun."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            page = await _broken(Request(scope, receive), error)
            await page(scope, receive, send)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    sentence = "Nothing that was not finished is shown as done. The fault is noted; try again."
    return problem_page(request, 500, sentence, await _kept(request))


async def _kept(request: Request) -> list[KeptField]:
    """What the form held, as far as it can be read."""
    if request.method != "POST":
        return []
    try:
        return kept_fields((await read_posted(request)).pairs)
    except (HTTPException, RuntimeError):
        return []
