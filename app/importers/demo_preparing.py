"""What the demo organisation prepared: its vendors with their contracts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.vendors import save_vendor
from app.domain.vendors import Contract, Vendor

_OWNER = "Incident Command"


def save_demo_vendors(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """Every vendor with its contract. `raw` is the whole file, its dates moved; the components are there already."""
    contracts = {each["vendor"]: each for each in raw["contracts"]}
    for each in raw["vendors"]:
        vendor = Vendor(
            key=each["key"],
            name=each["name"],
            supplies=tuple(each["supplies"]),
            escalation=each["escalation"],
            status_page=each["status_page"] or "",
            owner=_OWNER,
            contract=_contract(contracts[each["key"]]),
        )
        save_vendor(session, vendor, now=now)


def _contract(raw: Mapping[str, Any]) -> Contract:
    return Contract(
        ends_on=raw["ends"],
        notice_days=raw["notice_days"],
        last_review_on=raw["last_review"],
        next_review_on=raw["next_review"],
        uptime_promise=_words(raw["uptime_promise"]),
        outage_notice=_words(raw["outage_notice"]),
        export_tested_on=raw["data_export_tested"],
        exit_help_days=raw["exit_help_days"],
        fallback=raw["fallback"] or "",
    )


def _words(text: str) -> str:
    """The file says "none" where nothing was agreed."""
    return "" if text == "none" else text
