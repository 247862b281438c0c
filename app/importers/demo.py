"""Load the invented organisation of the demo file, as if its story had happened up to today."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.components import ComponentDraft, save_components, save_groups
from app.commands.failovers import save_switch
from app.commands.imported import ImportedComponent
from app.commands.imported_components import upsert_components
from app.commands.imports import Outcome, record_import, upsert_history
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.organisation import OrganisationDraft, save_organisation
from app.commands.probes import add_probe
from app.domain.audit import SYSTEM, Actor
from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.errors import RefusedError
from app.domain.failover import Switch
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft, component_states
from app.domain.probes import ProbeDraft, ProbeKind
from app.domain.promises import Day
from app.importers.demo_escalation import save_demo_matrix
from app.importers.demo_file import as_json, moved, read_demo, read_translations
from app.importers.demo_history import imported_records
from app.importers.demo_learning import save_demo_actions, save_demo_packs, save_demo_reports
from app.importers.demo_preparing import save_demo_plan, save_demo_vendors
from app.importers.demo_recovery import save_demo_recovery
from app.importers.demo_roster import save_demo_holidays, save_demo_roster
from app.store.incidents import incident_row, open_incidents
from app.store.organisation import organisation_row
from app.store.session import Database
from app.store.vault import Vault

SOURCE = "demo"

_FRONT_DOOR = "sso-dashboard"
_TAKEN_APART = {
    "schema", "demo_epoch", "organisation", "component_groups", "components", "incidents", "teams", "people", "oncall",
    "compliance_packs",
    "escalation_matrix",
    "vendors", "contracts", "disaster_plan",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What is loaded now. `is_new` is False where it was already there; `outage` is the open incident's id."""

    components: int
    incidents: int
    weeks_moved: int
    is_new: bool
    outage: str | None = None


def load_demo(
    database: Database, vault: Vault, *, by: Actor = SYSTEM, now: datetime, outage: bool = False
) -> DemoSummary:
    """Load the demo organisation with its past; loading it again changes nothing.

    `vault` seals the addresses of the people on its roster.
    With `outage`, its front door has been down for eight minutes, unless it already is.

    Raises:
        RefusedError: the database belongs to another organisation.
    """
    demo = _Demo(now)
    with database.transaction(by) as session:
        weeks = _weeks_loaded(session)
        if weeks is None:
            demo.save(session, vault)
    opened = None
    if outage:
        with database.transaction(by) as session:
            opened = _open_outage(session, now, demo.zone)
    return DemoSummary(
        components=len(demo.components),
        incidents=len(demo.incidents),
        weeks_moved=demo.weeks if weeks is None else weeks,
        is_new=weeks is None,
        outage=opened,
    )


def _weeks_loaded(session: Session) -> int | None:
    """By how many weeks the demo in this database was moved; None where there is no organisation yet."""
    row = organisation_row(session)
    if row is None:
        return None
    if SOURCE not in row.details:
        raise RefusedError(f"This database belongs to {row.name}. The demo needs an empty one.")
    weeks: int = row.details[SOURCE]["weeks_moved"]
    return weeks


class _Demo:
    """The file, with every date moved."""

    def __init__(self, now: datetime) -> None:
        raw = read_demo()
        self._now = now
        self.zone = ZoneInfo(raw["organisation"]["time_zone"])
        self.weeks = round((now.astimezone(self.zone).date() - raw["demo_epoch"]).days / 7)
        self._raw = moved(raw, self.weeks, self.zone)
        self._words = {words["language"]: words for words in read_translations()}
        self.components: Sequence[Mapping[str, Any]] = self._raw["components"]
        self.incidents: Sequence[Mapping[str, Any]] = self._raw["incidents"]

    def save(self, session: Session, vault: Vault) -> None:
        """All of it, in the caller's transaction."""
        save_organisation(session, self._organisation(), now=self._now)
        save_demo_holidays(session, self._raw, now=self._now)
        save_demo_roster(session, vault, self._raw, now=self._now)
        save_demo_matrix(session, self._raw, now=self._now)
        save_groups(session, self._groups(), now=self._now)
        save_components(session, [self._component(raw) for raw in self.components], now=self._now)
        for slug, draft in self._probes():
            # Nothing of the demo exists outside: checks that looked would fail for ever.
            add_probe(session, slug, draft, is_paused=True, vault=vault, now=self._now)
        known = [ImportedComponent(raw["key"], raw["name"], is_live=True) for raw in self.components]
        refs = upsert_components(session, SOURCE, known, now=self._now)
        records = imported_records(self.incidents, {raw["key"]: raw["name"] for raw in self.components})
        for switch in self._switches():
            save_switch(session, switch, now=self._now)
        outcomes = upsert_history(session, SOURCE, records, refs)
        for outcome in outcomes:
            if isinstance(outcome, RefusedError):
                raise outcome
        save_demo_recovery(session, self._raw, now=self._now)
        save_demo_packs(session, self._raw, now=self._now)
        save_demo_vendors(session, self._raw, now=self._now)
        save_demo_plan(session, self._raw, now=self._now)
        save_demo_actions(session, self._raw)
        save_demo_reports(session, self._raw)
        record_import(session, SOURCE, outcomes.count(Outcome.CREATED), now=self._now)

    def _organisation(self) -> OrganisationDraft:
        raw = self._raw["organisation"]
        return OrganisationDraft(
            name=raw["name"],
            short_name=raw["short_name"],
            day=Day(
                time_zone=raw["time_zone"],
                first_thing=time.fromisoformat(raw["first_thing"]),
                lunchtime=time.fromisoformat(raw["lunchtime"]),
                end_of_day=time.fromisoformat(raw["end_of_day_deadline"]),
            ),
            also_show_time_zone=raw["also_show_time_zone"],
            help_desk_phone=raw["help_desk"]["phone"],
            help_desk_hours=raw["help_desk"]["hours"],
            announcement_phone=raw["announcement_line"]["phone"],
            status_site=raw["status_site"],
            details=self._details(),
        )

    def _details(self) -> dict[str, Any]:
        """What no table holds yet, as JSON: vendors, plan, templates, and the rest of each record."""
        rest = {name: value for name, value in self._raw.items() if name not in _TAKEN_APART}
        rest["organisation"] = self._raw["organisation"]
        rest["components"] = {raw["key"]: raw for raw in self.components}
        rest["planned_work"] = {raw["id"]: raw for raw in self.incidents if raw["kind"] == "maintenance"}
        kept: dict[str, Any] = as_json(rest)
        return kept | {SOURCE: {"weeks_moved": self.weeks, "epoch": self._raw["demo_epoch"].isoformat()}}

    def _switches(self) -> list[Switch]:
        """The names that may be pointed here. Who changes the zone is for each installation to say; here a person."""
        plan = self._raw["dns_failover"]
        zone: str = next(item["name"] for item in plan["never_change"] if item["type"] == "MX")
        return [
            Switch(
                id="",
                name=raw["name"],
                zone=zone,
                provider="runbook",
                normal=(raw["normal"]["value"],),
                failover=(raw["failover"]["value"],),
                planned_ttl=raw["planned_ttl"],
            )
            for raw in plan["switches"]
        ]

    def _probes(self) -> Iterator[tuple[str, ProbeDraft]]:
        """Every check of the file, and the vendors' own status pages."""
        front_door = next(raw["normal_url"] for raw in self.components if raw["key"] == _FRONT_DOOR)
        for raw in self.components:
            for check in raw.get("checks", ()):
                yield raw["key"], _probe(check, raw.get("normal_url") or front_door)
            if feed := raw.get("vendor_feed"):
                yield raw["key"], ProbeDraft(ProbeKind.STATUSPAGE, {"url": feed["url"]}, timedelta(minutes=5))

    def _groups(self) -> list[tuple[str, str, Mapping[str, Mapping[str, str]]]]:
        return [
            (raw["key"], raw["name"], self._translated("component_groups", raw["key"]))
            for raw in self._raw["component_groups"]
        ]

    def _component(self, raw: Mapping[str, Any]) -> ComponentDraft:
        texts = ("agents_say", "cannot_do", "still_can", "workaround", "phone_support")
        return ComponentDraft(
            slug=raw["key"],
            name=raw["name"],
            group=raw["group"],
            requires=raw["requires"],
            reached_via=raw["reached_via"],
            direct_link=_direct_link(raw["direct"]),
            unattended=raw.get("unattended", False),
            is_it_down=raw["is_it_down"],
            normal_url=raw.get("normal_url"),
            translations=self._translated("components", raw["key"]),
            **{name: raw.get(name, "") for name in texts},
        )

    def _translated(self, part: str, key: str) -> dict[str, dict[str, str]]:
        """The words of every language for one group or component, as the domain wants them."""
        found = {language: words[part].get(key) for language, words in self._words.items()}
        return {language: _words(given) for language, given in found.items() if given}


_CANARIES = {
    "canary_code": "a sign-in code arrives",
    "canary_email": "a test mail arrives",
    "call_probe": "a test call is answered",
}
"""Checks of the file that a program of the MLS makes, and reports as a heartbeat."""

_JOURNEY = """open {url}
expect text Sign in
send {url} user={{secret:user}} password={{secret:password}}
expect text Welcome"""


def _probe(check: Mapping[str, Any], url: str) -> ProbeDraft:
    """One check of a component that is reached at `url`, which fills what the file leaves open."""
    every, times, name = timedelta(seconds=check["every_seconds"]), check.get("fail_after", 3), check["kind"]
    if name in _CANARIES:
        return ProbeDraft(ProbeKind.HEARTBEAT, {"what": _CANARIES[name]}, every, times)
    if name == ProbeKind.LOGIN_JOURNEY:
        secrets = {"user": "test-agent", "password": "not a real one"}
        return ProbeDraft(ProbeKind.LOGIN_JOURNEY, {"steps": _JOURNEY.format(url=url)}, every, times, secrets)
    told = {key: str(value) for key, value in check.items() if key not in ("kind", "every_seconds", "fail_after")}
    kind = ProbeKind(name)
    return ProbeDraft(kind, told | ({"url": url} if kind is ProbeKind.FEED_AGE else {}), every, times)


def _direct_link(raw: Mapping[str, Any]) -> DirectLink:
    return DirectLink(
        url=raw["url"],
        auth_mode=AuthMode(raw["auth_mode"]),
        verified_on=raw.get("verified"),
        first_time=raw.get("first_time", ""),
        note=raw.get("note", ""),
        app=raw.get("app", ""),
    )


def _words(given: str | Mapping[str, str | list[str]]) -> dict[str, str]:
    """A group has only a name; a list of questions is kept one to a line."""
    named = {"name": given} if isinstance(given, str) else given
    return {name: "\n".join(text) if isinstance(text, list) else text for name, text in named.items()}


def _open_outage(session: Session, now: datetime, zone: ZoneInfo) -> str:
    """The front door falls, and members are told what they may do; the id of the incident."""
    for incident in open_incidents(session):
        if component_states([incident]).get(_FRONT_DOOR) is ComponentStatus.MAJOR_OUTAGE:
            return incident.id
    reference = f"HP-{now.astimezone(zone):%Y-%m%d}"
    is_taken = incident_row(session, reference) is not None
    draft = _outage(now, zone, reference="" if is_taken else reference)
    return open_incident(session, draft, now=now).id


def _outage(now: datetime, zone: ZoneInfo, *, reference: str) -> IncidentDraft:
    began_at = now - timedelta(minutes=8)
    clock = began_at.astimezone(zone).strftime("%I:%M %p").lstrip("0")
    down = dict.fromkeys((_FRONT_DOOR, "mfa-codes"), ComponentStatus.MAJOR_OUTAGE)
    return IncidentDraft(
        title="Member dashboard sign-in down",
        reference=reference,
        started_at=began_at,
        detected_by="monitoring",
        first_update=UpdateDraft(
            status=IncidentStatus.INVESTIGATING,
            body="It is not just you, and you can still work: most tools have a sign-in of their own.",
            headings=Headings(
                what_happened=f"Nobody can sign in to the member dashboard since about {clock}.",
                what_we_are_doing="Our sign-in supplier is looking for the fault in its main site. "
                "We are testing every direct sign-in.",
                what_is_affected="Everything you normally open from the dashboard tiles. "
                "The MLS itself accepts only dashboard sign-in, so search and listing input are closed for now.",
                how_to_reach="Forms, signatures, showings and tax records are running: use the direct sign-ins "
                "on this page. Lockboxes and email work as usual.",
            ),
            components=down,
            next_update_at=now + timedelta(minutes=40),
        ),
    )
