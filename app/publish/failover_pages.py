"""What stands at the MLS's own names while they point here: one outage document per name, in three forms.

Members who typed the dashboard's address learn that it is not just them, and which doors work; their
programs learn it as JSON, everything else as plain text. The status of the answer, 503, is the web
server's part (`app.web.failover`, and `deploy/` for nginx and Caddy); these are the bytes
(page.md, "When the MLS's own name points here").
"""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

from app.domain.components import Component
from app.publish.addresses import absolute, failover_paths, in_language
from app.publish.documents import JSON, TEXT
from app.publish.html import render
from app.publish.language import Language
from app.publish.parts import Part
from app.publish.plain import text
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict, verdict
from app.publish.ways_in import ways_in


def failover_parts(snapshot: PublicSnapshot, hosts: Iterable[str]) -> Iterator[Part]:
    """The outage documents of every host, in the organisation's first language."""
    code = snapshot.organisation.languages[0]
    for host in hosts:
        paths = failover_paths(host)
        yield Part(paths.html, outage_page, (snapshot, host, code))
        yield Part(paths.json, outage_facts, (snapshot, host, code), JSON)
        yield Part(paths.text, outage_text, (snapshot, host, code), TEXT)


def service_at(components: Iterable[Component], host: str) -> Component | None:
    """The component that members reach at a host: of those whose usual address is there, the one nearest its root."""
    usual = ((urlsplit(item.normal_url), item) for item in components if item.normal_url)
    here = [(len(address.path.rstrip("/")), item) for address, item in usual if address.hostname == host]
    return min(here, key=lambda found: found[0])[1] if here else None


def outage_page(snapshot: PublicSnapshot, host: str, code: str) -> bytes:
    """The page for people. It asks its own host for nothing: there everything is this page."""
    language = Language(code, snapshot.organisation.zone)
    said = verdict(snapshot, language)
    return render(
        "failover.html",
        language,
        path="/",
        organisation=snapshot.organisation,
        as_of=snapshot.as_of,
        lit=said.tone is not Tone.WELL,
        living=True,
        said=said,
        lead=_lead(snapshot, host, said, language),
        ways=ways_in(snapshot, language),
        address=partial(absolute, snapshot.public_url),
        others=[(other, in_language("/", other)) for other in snapshot.organisation.languages if other != code],
    )


def outage_facts(snapshot: PublicSnapshot, host: str, code: str) -> bytes:
    """The same for programs: `error`, in words `message`, and where to look."""
    language = Language(code, snapshot.organisation.zone)
    said = verdict(snapshot, language)
    service = service_at(snapshot.components, host)
    doors = ways_in(snapshot, language).doors
    facts = {
        "error": "service_unavailable",
        "message": f"{said.sentence} {_lead(snapshot, host, said, language)}",
        "host": host,
        "component": service.slug if service else None,
        "next_update_at": said.next_update_at.isoformat() if said.next_update_at else None,
        "status_page": absolute(snapshot.public_url, "/"),
        "summary": absolute(snapshot.public_url, "/api/v2/summary.json"),
        "ways_in": [{"component": door.component.slug, "url": door.link.url} for door in doors],
    }
    return json.dumps(facts, ensure_ascii=False).encode()


def outage_text(snapshot: PublicSnapshot, host: str, code: str) -> bytes:
    """The same for everything else: why one landed here, then the page in plain text."""
    language = Language(code, snapshot.organisation.zone)
    lead = _lead(snapshot, host, verdict(snapshot, language), language)
    return f"{lead}\n\n".encode() + text(snapshot, code)


def _lead(snapshot: PublicSnapshot, host: str, said: Verdict, language: Language) -> str:
    """What was asked for, and why this stands here instead."""
    if said.tone in (Tone.WELL, Tone.WATCH):
        return language.gettext(
            "Your device still remembers an old address of %(host)s. Close the browser and try again in ten minutes.",
            host=host,
        )
    service = service_at(snapshot.components, host)
    if service is None:
        return language.gettext("You asked for %(host)s. Until it is back, this page stands in for it.", host=host)
    name = service.in_language(language.code).short_name
    return language.gettext(
        "You asked for %(name)s (%(host)s). Until it is back, this page stands in for it.", name=name, host=host
    )
