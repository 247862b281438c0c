"""The pages that ask who somebody is: sign in, the code that follows, "confirm it is you". Typed words survive."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.errors import NotSignedInError
from app.store.second_factors import factors_of
from app.web.auth import visit_of
from app.web.posted import KeptField, Posted, kept_fields
from app.web.visit import Parts, is_fragment, parts_of, render

SIGN_IN = "/admin/sign-in"
CONFIRM = "/admin/confirm"
OWN_ACCOUNT = "/admin/me"
BOARD = "/admin"


def following_path(asked: str) -> str:
    """Where to go after signing in: a page of the console, whatever was asked."""
    parts = urlsplit(asked) if asked.isprintable() and "\\" not in asked else urlsplit("")
    is_ours = not parts.netloc and not parts.scheme and (parts.path == BOARD or parts.path.startswith(f"{BOARD}/"))
    if not is_ours or parts.path.startswith(SIGN_IN) or parts.path.startswith(CONFIRM):
        return BOARD
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def sign_in_page(
    parts: Parts,
    following: str = BOARD,
    email: str = "",
    problem: str = "",
    kept: str = "",
    *,
    printed: bool = False,
    status: int = 200,
) -> Response:
    """The sign-in form; `kept` is a form that waits, packed. `printed` asks for a printed code too."""
    context = {"following": following, "email": email, "problem": problem, "kept": kept, "printed": printed}
    return render(parts, "sign_in.html", status=status, context=context)


def code_page(parts: Parts, step: str, posted: Posted, problem: str = "", *, status: int = 200) -> Response:
    """What follows a right password: the authenticator's code, a printed code, or a passkey."""
    context = {
        "step": step,
        "problem": problem,
        "following": following_path(posted.text("next")),
        "kept": posted.text("kept"),
    }
    return render(parts, "sign_in_code.html", status=status, context=context)


def confirm_page(request: Request, following: str, kept: str = "", problem: str = "", *, status: int = 200) -> Response:
    """ "Confirm it is you": the password, the authenticator's code or a passkey.

    Raises:
        NotSignedInError: nobody is signed in.
    """
    visit = visit_of(request)
    with visit.database.read() as session:
        factors = factors_of(session, visit.account.id)
    context = {"visit": visit, "following": following, "kept": kept, "problem": problem, "factors": factors}
    return render(visit.parts, "confirm.html", status=status, context=context)


async def ask_to_sign_in(request: Request, kept: list[KeptField]) -> Response:
    """What to answer somebody who is not signed in: the form, or the way to it. Typed words are kept."""
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": f"{SIGN_IN}?{urlencode({'next': BOARD})}"})
    if request.method == "POST":
        sentence = "Your sign-in has ended. Sign in again; nothing was published yet and your words are kept."
        following = request.url.path if kept else BOARD
        return sign_in_page(parts_of(request), following, problem=sentence, kept=packed(kept), status=401)
    return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': asked_path(request)})}", 303)


async def ask_to_confirm(request: Request, kept: list[KeptField]) -> Response:
    """What to answer somebody who has to show that it is still them. Typed words are kept."""
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": f"{CONFIRM}?{urlencode({'next': BOARD})}"})
    if request.method != "POST":
        return RedirectResponse(f"{CONFIRM}?{urlencode({'next': asked_path(request)})}", 303)
    try:
        return confirm_page(request, request.url.path, packed(kept) or "sent=", status=401)
    except NotSignedInError:
        return await ask_to_sign_in(request, kept)


def asked_path(request: Request) -> str:
    """The path and query that were asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def go_on(parts: Parts, following: str, kept: str) -> Response:
    """The page the person wanted; or, when they had sent a form, that form for another try."""
    if not kept:
        return RedirectResponse(following, 303)
    context = {
        "title": "It is you",
        "sentence": "Nothing was done yet. Here is what you were about to do; look it over and send it.",
        "kept": kept_fields(parse_qsl(kept, keep_blank_values=True)),
        "path": following,
    }
    return render(parts, "problem.html", status=200, context=context)


def packed(kept: list[KeptField]) -> str:
    """A form that waits, as one hidden field."""
    return urlencode([(item.name, item.value) for item in kept])
