"""What the demo organisation prepared: its vendors with their contracts, its plan, and its drills."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.commands.drills import plan_drill
from app.commands.plan import keep_edition, note_copy, save_section
from app.commands.vendors import save_vendor
from app.domain.plan import Edition, LivePart, PlanSection
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


_LIVE = {
    1: LivePart.PEOPLE, 3: LivePart.SEVERITY, 4: LivePart.ESCALATION, 5: LivePart.CADENCE, 6: LivePart.DOORS,
    7: LivePart.SWITCHES, 8: LivePart.REDUNDANCY, 9: LivePart.GRAPH, 11: LivePart.SCRIPTS, 12: LivePart.VENDORS,
    14: LivePart.PACKS, 15: LivePart.STATUS_SERVICE, 16: LivePart.DRILLS,
}  # fmt: skip
"""What each section of the file prints from the rows, by its number."""

_WORDS = {
    2: "Open Triage. Look at the last checks, at what members reported in the last hour, and try the sign-in yourself "
    "from a telephone that is not on the office network. Two of the three are enough to speak.",
    4: "Say within ten minutes that we see it, even if nothing else is known. The first message names the component, "
    "since when, what still works, and when members hear next.",
    10: "Members send the emergency listing form to the input desk. The board chair extends deadlines; the relief is "
    "stated in the incident, and its rules and end stand on the public page.",
    12: "Copy everything before anything else, and count the copy twice. Members do nothing until we say so.",
    13: "Close the sign-in first, then say so. Never send a link for a new password: members type the address.",
    16: "Resolve is not closed: report within three business days, actions with owners, then the next drill.",
}


def save_demo_plan(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """The plan with its signed version, where copies lie, and the drill that is due next."""
    plan = raw["disaster_plan"]
    teams = {team["key"]: team["name"] for team in raw["teams"]}
    sections = [_section(each, teams) for each in plan["contents"]]
    for section in sections:
        save_section(session, section, now=now)
    signers = [person["name"] for person in raw["people"] if "service_manager" in person["can"]]
    approved: date = plan["approved"]
    edition = Edition(plan["version"], approved, plan["next_annual_review"], ", ".join(signers))
    keep_edition(session, edition, sections, now=now)
    for place in plan["printed_copies"]:
        note_copy(session, place, plan["version"], approved, now=now)
    due: date = raw["dns_failover"]["drill"]["next_due"]
    plan_drill(session, "The member dashboard cannot sign anyone in", "sso-dashboard", due, now=now)


def _section(raw: Mapping[str, Any], teams: Mapping[str, str]) -> PlanSection:
    number: int = raw["n"]
    live = _LIVE.get(number, LivePart.NOTHING)
    return PlanSection(number, raw["title"], teams[raw["owner"]], raw["tested"], _WORDS.get(number, ""), live)
