"""Jurisdiction packs: what the law where the MLS works asks of its reports, entered and put in force (R19, R71)."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.packs import save_pack
from app.domain.errors import RefusedError
from app.domain.packs import DAYS_MOST, QUESTIONS_MOST, TELL_REGULATOR_WITHIN, TELL_VENDOR_WITHIN, Pack
from app.domain.text import printable
from app.store.columns import new_id
from app.store.packs import packs
from app.web.admin.forms import Reading
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

PACKS = "/admin/packs"

router = APIRouter(prefix=PACKS)


@router.get("")
def packs_page(visit: Reader, key: str = "") -> Response:
    """Every pack; `key` opens the form on one of them."""
    return _page(visit, key=key)


@router.post("")
def save(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Keep a new pack, or change one. What reports have answered stays, also when its question goes."""
    try:
        with visit.transaction() as session:
            is_known = any(pack.key == posted.text("key") for pack in packs(session))
            save_pack(session, _pack(visit, posted, posted.text("key") if is_known else new_id()), now=visit.now)
    except RefusedError as error:
        return _page(visit, key=posted.text("key"), posted=posted, problems=error.problems)
    return visit.see_other(f"{PACKS}?saved=1")


def _pack(visit: Visit, posted: Posted, key: str) -> Pack:
    reading = Reading(visit.zone)
    regulator = reading.whole("regulator_days", posted.text("regulator_days"), least=0, most=DAYS_MOST)
    vendor = reading.whole("vendor_days", posted.text("vendor_days"), least=0, most=DAYS_MOST)
    reading.refuse()
    lines = (printable(line).strip() for line in posted.text("questions").splitlines())
    return Pack(
        key=key,
        name=printable(posted.text("name")).strip(),
        questions=tuple(dict.fromkeys(filter(None, lines))),
        tell_regulator_within=timedelta(days=regulator),
        tell_vendor_within=timedelta(days=vendor),
        is_in_force=posted.has("is_in_force"),
    )


def _page(
    visit: Visit, *, key: str, posted: Posted | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    with visit.database.read() as session:
        every = packs(session)
    chosen = next((pack for pack in every if pack.key == key), None)
    return visit.page(
        "organisation/packs.html",
        status=422 if problems else 200,
        packs=every,
        chosen=chosen,
        said=_typed(posted) if posted else _said(chosen),
        questions_most=QUESTIONS_MOST,
        problems=problems or {},
        saved=visit.is_after("saved"),
    )


def _typed(posted: Posted) -> dict[str, object]:
    texts = {name: posted.text(name) for name in ("name", "questions", "regulator_days", "vendor_days")}
    return texts | {"is_in_force": posted.has("is_in_force")}


def _said(pack: Pack | None) -> dict[str, object]:
    return {
        "name": pack.name if pack else "",
        "questions": "\n".join(pack.questions) if pack else "",
        "regulator_days": str((pack.tell_regulator_within if pack else TELL_REGULATOR_WITHIN).days),
        "vendor_days": str((pack.tell_vendor_within if pack else TELL_VENDOR_WITHIN).days),
        "is_in_force": pack.is_in_force if pack else False,
    }
