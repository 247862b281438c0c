"""Pages of the public site that answer one person and are never stored: sign-up, and what signed links lead to."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.domain.organisation import Organisation
from app.publish.html import CONTENT_SECURITY_POLICY, render
from app.publish.language import LANGUAGES, Language

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    # Signed links must not leak to other sites; our own forms still need their Origin.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def language_code(path: str) -> str:
    """The language of an address: "/es/subscribe" is Spanish, without a prefix it is English."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in LANGUAGES else "en"


def bare_path(path: str) -> str:
    """The address without its language."""
    code = language_code(path)
    return path if code == "en" else path.removeprefix(f"/{code}")


def page(
    request: Request, organisation: Organisation, template: str, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """One page in the language of its address."""
    language = Language(language_code(request.url.path), organisation.zone)
    path = bare_path(request.url.path)
    html = render(f"subscribe/{template}", language, path=path, organisation=organisation, **context)
    return HTMLResponse(html, status_code=status, headers=dict(HEADERS))


def sentence(status: int, words: str) -> HTMLResponse:
    """The least that can be said, when not even the organisation can be read."""
    title = HTTPStatus(status).phrase
    html = f'<!DOCTYPE html>\n<html lang="en"><title>{title}</title><p>{words}</p></html>'
    return HTMLResponse(html, status_code=status, headers=dict(HEADERS))
