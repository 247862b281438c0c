"""One subscription, for whoever holds its code or signed link: confirm, look, change, and leave."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from app.commands.addresses import hidden
from app.commands.subscribers import ask_again, change, confirm, opt_out
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.subscribers import Subscription, SubscriptionStatus
from app.store.signed_links import MANAGE, STOP, taken_apart
from app.store.subscribers import SubscriptionRow, frozen_subscription, subscription_row
from app.web.auth import FOR_ANYONE
from app.web.posted import PostedForm
from app.web.sign_up_form import AskedFor, agreement, translated
from app.web.subscribe import PATH, AnyCall, Call, Ticket, read_ticket

ONE_CLICK = b"One-Click"

router = APIRouter(prefix=PATH, dependencies=FOR_ANYONE)


async def _body(request: Request) -> bytes:
    """Whatever was sent, in whichever form encoding a mail program chose."""
    return await request.body()


Body = Annotated[bytes, Depends(_body)]
Token = Annotated[str, Path(max_length=40)]


@router.get("/sent")
def sent(call: AnyCall, to: str = "") -> Response:
    """What to do next: enter the code, open the link, or answer the challenge. The same for every address."""
    return _sent(call, read_ticket(call, to), to, {})


@router.post("/challenges")
def challenge_again(call: AnyCall, posted: PostedForm) -> Response:
    """Send the challenge to a program once more, as far as the limits of its address allow; the answer is the same."""
    text = posted.text("ticket")
    ticket = read_ticket(call, text)
    if not ticket.channel.is_program:
        raise NotFoundError("This page has expired.")
    with call.parts.database.transaction() as session:
        ask_again(session, call.parts.links.vault, ticket.subscription_id, call.parts.limits, now=call.now)
    return _sent(call, ticket, text, {}, is_again=True)


@router.post("/confirmation")
def confirm_by_code(call: AnyCall, posted: PostedForm) -> Response:
    """Confirm with the code that was sent by text."""
    ticket = posted.text("ticket")
    read = read_ticket(call, ticket)
    code = "".join(sign for sign in posted.text("code") if sign.isdigit())
    if read.channel is Channel.SMS and _confirm(call, read.subscription_id, code, Means.SMS_CODE):
        return _confirmed(call, read.subscription_id)
    problems = translated({"code": ""}, call.language)
    return _sent(call, read, ticket, problems, status=422)


@router.get("/confirmation/{token}")
def confirmation(call: AnyCall, token: Token) -> Response:
    """Where the link in the mail leads: a button. Looking confirms nothing."""
    taken_apart(token)
    return call.page("confirm.html", agreement=agreement(call.language, call.organisation))


@router.post("/confirmation/{token}")
def confirm_by_link(call: AnyCall, token: Token) -> Response:
    """Confirm with the link that was sent by mail."""
    subscription_id, signature = taken_apart(token)
    if not _confirm(call, subscription_id, signature, Means.EMAIL_LINK):
        raise NotFoundError("This link has expired or was used already.")
    return _confirmed(call, subscription_id)


@router.get("/manage/{token}")
def manage(call: AnyCall, token: Token, done: str = "") -> Response:
    """One's own subscription and its choices."""
    with call.parts.database.read() as session:
        subscription = _frozen(session, call, MANAGE, token)
    return _manage(call, subscription, AskedFor.stored(subscription), done=done)


@router.post("/manage/{token}")
def save_choices(call: AnyCall, token: Token, posted: PostedForm) -> Response:
    """Change what is told, and in which language."""
    asked = AskedFor.read(posted)
    with call.parts.database.read() as session:
        subscription = _frozen(session, call, MANAGE, token)
    language = asked.language if asked.language in call.organisation.languages else subscription.choices.language
    try:
        choices = asked.choices(language)
        with call.parts.database.transaction() as session:
            change(session, call.parts.links.vault, subscription.id, choices, now=call.now)
    except RefusedError as error:
        return _manage(call, subscription, asked, problems=translated(error.problems, call.language), status=422)
    return call.see_other(f"{MANAGE}{token}?done=changed")


@router.get("/stop/{token}")
def stop_page(call: AnyCall, token: Token) -> Response:
    """A button that ends the subscription. Looking ends nothing: mail scanners look at everything."""
    with call.parts.database.read() as session:
        subscription = _frozen(session, call, STOP, token)
    return _stopped(call, subscription)


@router.post("/stop/{token}")
def stop(call: AnyCall, token: Token, body: Body) -> Response:
    """End the subscription, by our button or by a mail program's own (RFC 8058); again and again if need be."""
    means = Means.ONE_CLICK if ONE_CLICK in body else Means.SIGNED_LINK
    with call.parts.database.transaction() as session:
        row = _row(session, call, STOP, token, lock=True)
        opt_out(session, row, means, now=call.now)
        subscription = frozen_subscription(session, row, call.parts.links.vault)
    return _stopped(call, subscription)


def _sent(
    call: Call, ticket: Ticket, text: str, problems: dict[str, str], *, status: int = 200, is_again: bool = False
) -> Response:
    return call.page(
        "sent.html",
        status=status,
        channel=ticket.channel,
        secret=ticket.secret,
        ticket=text,
        problems=problems,
        is_again=is_again,
    )


def _confirm(call: Call, subscription_id: int, answer: str, means: Means) -> bool:
    vault = call.parts.links.vault
    with call.parts.database.transaction() as session:
        found = confirm(session, vault, subscription_id, answer, means, now=call.now, network=call.network)
    return found is not None


def _confirmed(call: Call, subscription_id: int) -> Response:
    return call.see_other(f"{MANAGE}{call.parts.links.token(MANAGE, subscription_id)}?done=confirmed")


def _row(session: Session, call: Call, purpose: str, token: str, *, lock: bool = False) -> SubscriptionRow:
    row = subscription_row(session, call.parts.links.subscription_of(purpose, token), lock=lock)
    if row is None or not row.address_cipher:
        raise NotFoundError("Nothing is kept about this address any more.")
    return row


def _frozen(session: Session, call: Call, purpose: str, token: str) -> Subscription:
    return frozen_subscription(session, _row(session, call, purpose, token), call.parts.links.vault)


def _manage(
    call: Call,
    subscription: Subscription,
    asked: AskedFor,
    *,
    done: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return call.page(
        "manage.html",
        status=status,
        done=done,
        asked=asked,
        problems=problems or {},
        components=call.services(),
        address=hidden(subscription.channel, subscription.address),
        is_active=subscription.status is SubscriptionStatus.ACTIVE,
        stop_path=f"{STOP}{call.parts.links.token(STOP, subscription.id)}",
    )


def _stopped(call: Call, subscription: Subscription) -> Response:
    return call.page(
        "stop.html",
        address=hidden(subscription.channel, subscription.address),
        is_over=subscription.status is not SubscriptionStatus.ACTIVE,
        manage_path=f"{MANAGE}{call.parts.links.token(MANAGE, subscription.id)}",
    )
