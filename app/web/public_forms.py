"""What the small applications with the public page's forms have in common: their guards, and errors in a sentence."""

from collections.abc import Awaitable, Callable, Collection

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import NotFoundError, PorchlightError
from app.web.public_pages import sentence
from app.web.security import BoundedBody, SameOrigin

Problem = Callable[[Request, Exception], Awaitable[Response]]
"""Answers an error of ours."""


def guard_forms(app: FastAPI, problem: Problem, *, secure: bool, most: int, exempt: Collection[str] = ()) -> None:
    """Bodies of at most `most` bytes, nothing that another site set off (but at `exempt` paths), and no bare errors."""

    async def http_problem(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404:
            return await problem(request, NotFoundError("There is no page at this address."))
        return sentence(error.status_code, error.detail)

    app.add_middleware(BoundedBody, refusal=_refusal, most=most)
    app.add_middleware(SameOrigin, secure=secure, refusal=_refusal, exempt=exempt)
    app.add_exception_handler(PorchlightError, problem)
    app.add_exception_handler(HTTPException, http_problem)
    app.add_exception_handler(RequestValidationError, _malformed)


def in_a_sentence(away: str) -> Problem:
    """A problem without a page of its own; `away` is what is said while the database is."""

    async def problem(_request: Request, error: Exception) -> Response:
        return sentence(404, str(error)) if isinstance(error, NotFoundError) else sentence(503, away)

    return problem


def _refusal(_request: Request, status: int, words: str) -> Response:
    return sentence(status, words)


async def _malformed(_request: Request, _error: Exception) -> Response:
    return sentence(422, "A part of this request is missing or has the wrong form.")
