"""The register of vendors and contracts: what asks for attention, and each contract's dates (R67)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.vendors import note_review, save_vendor
from app.domain.errors import NotFoundError, RefusedError
from app.domain.vendors import DAYS_MOST, NAME_MOST, WORDS_MOST, Contract, Flag, Vendor, flags_of
from app.store.columns import new_id
from app.store.components import live_components
from app.store.vendors import all_vendors, the_vendor
from app.web.admin.forms import Reading
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

VENDORS = "/admin/vendors"
_TEXTS = ("name", "escalation", "status_page", "owner", "uptime_promise", "outage_notice", "fallback")
_DAYS = ("ends_on", "last_review_on", "next_review_on", "export_tested_on")
_NUMBERS = ("notice_days", "exit_help_days")

router = APIRouter(prefix=VENDORS)


@dataclass(frozen=True, slots=True)
class Listed:
    """A vendor and what its contract asks for."""

    vendor: Vendor
    flags: Sequence[Flag]


@router.get("")
def vendors(visit: Reader) -> Response:
    """Every vendor, those that ask for attention first."""
    with visit.database.read() as session:
        found = all_vendors(session)
    today = _today(visit)
    listed = [Listed(each, flags_of(each.contract, today) if each.contract else ()) for each in found]
    return visit.page("vendors/index.html", listed=sorted(listed, key=_pressing), today=today)


@router.get("/new")
def new_vendor(visit: SettingsEditor) -> Response:
    """The empty form."""
    return _page(visit, None)


@router.get("/{key}")
def vendor_page(visit: Reader, key: str) -> Response:
    """One vendor with its contract."""
    return _page(visit, _vendor(visit, key))


@router.post("")
def add(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Add a vendor."""
    return _save(visit, None, new_id(), posted)


@router.post("/{key}")
def save(visit: SettingsEditor, key: str, posted: PostedForm) -> Response:
    """Keep what was changed."""
    return _save(visit, _vendor(visit, key), key, posted)


@router.post("/{key}/review")
def review(visit: SettingsEditor, key: str, posted: PostedForm) -> Response:
    """Say that the contract was reviewed today."""
    vendor = _vendor(visit, key)
    reading = Reading(visit.zone)
    try:
        next_on = reading.day("next_on", posted.text("next_on"))
        if next_on is None:
            reading.problems.setdefault("next_on", "Choose the day of the next review.")
        reading.refuse()
        with visit.transaction() as session:
            note_review(session, key, _today(visit), next_on or _today(visit), now=visit.now)
    except RefusedError as error:
        problems = {"next_on": "The next review comes after today."} | {
            name: words for name, words in error.problems.items() if name == "next_on"
        }
        return _page(visit, vendor, problems=problems)
    return visit.see_other(f"{VENDORS}/{key}?saved=review")


def _save(visit: Visit, vendor: Vendor | None, key: str, posted: Posted) -> Response:
    try:
        with visit.transaction() as session:
            save_vendor(session, _read(visit, key, posted), now=visit.now)
    except RefusedError as error:
        return _page(visit, vendor, posted=posted, problems=error.problems)
    return visit.see_other(f"{VENDORS}/{key}?saved=vendor")


def _read(visit: Visit, key: str, posted: Posted) -> Vendor:
    reading = Reading(visit.zone)
    texts = {name: reading.short(name, posted.text(name), most=WORDS_MOST) for name in _TEXTS}
    days = {name: reading.day(name, posted.text(name)) for name in _DAYS}
    numbers = {name: reading.whole(name, posted.text(name) or "0", least=0, most=DAYS_MOST) for name in _NUMBERS}
    reading.web_address("status_page", texts["status_page"])
    if days["ends_on"] is None:
        reading.problems.setdefault("ends_on", "Give the day on which the contract ends.")
    reading.refuse()
    return Vendor(
        key=key,
        name=texts["name"],
        supplies=tuple(posted.all("supplies")),
        escalation=texts["escalation"],
        status_page=texts["status_page"],
        owner=texts["owner"],
        contract=Contract(
            ends_on=days["ends_on"] or _today(visit),
            notice_days=numbers["notice_days"],
            last_review_on=days["last_review_on"],
            next_review_on=days["next_review_on"],
            uptime_promise=texts["uptime_promise"],
            outage_notice=texts["outage_notice"],
            export_tested_on=days["export_tested_on"],
            exit_help_days=numbers["exit_help_days"],
            fallback=texts["fallback"],
        ),
    )


def _page(
    visit: Visit, vendor: Vendor | None, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    with visit.database.read() as session:
        components = live_components(session)
    today = _today(visit)
    contract = vendor.contract if vendor else None
    return visit.page(
        "vendors/show.html",
        status=422 if problems else 200,
        vendor=vendor,
        flags=flags_of(contract, today) if contract else (),
        said=posted.text if posted else Stored(vendor),
        supplied=posted.all("supplies") if posted else list(vendor.supplies) if vendor else [],
        components=components,
        next_year=today + timedelta(days=365),
        limits=(NAME_MOST, WORDS_MOST),
        problems=problems or {},
        saved=visit.request.query_params.get("saved", ""),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in the form before anybody typed: the value of a field as text."""

    vendor: Vendor | None

    def __call__(self, name: str) -> str:
        """The field's value; nothing where there is none."""
        if self.vendor is None:
            return ""
        value = getattr(self.vendor, name, None) or getattr(self.vendor.contract, name, None)
        return str(value) if value is not None else ""


def _vendor(visit: Visit, key: str) -> Vendor:
    with visit.database.read() as session:
        vendor = the_vendor(session, key)
    if vendor is None:
        raise NotFoundError("There is no such vendor.")
    return vendor


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()


def _pressing(item: Listed) -> tuple[bool, date, str]:
    notice_by = item.vendor.contract.notice_by if item.vendor.contract else date.max
    return not item.flags, notice_by, item.vendor.name
