"""Where each public document stands. One place, so that feeds, API and pages link alike."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

FAILOVER_FOLDER = "/failover/"
"""Where these documents stand in an edition. A web server reads them there; nobody is led there."""


def incident_path(incident_id: str) -> str:
    """The page of one incident, or of one piece of planned work."""
    return f"/incidents/{incident_id}"


def update_path(incident_id: str, number: int) -> str:
    """One update on the page of its incident, which carries the number as an anchor."""
    return f"{incident_path(incident_id)}#{update_anchor(number)}"


def update_anchor(number: int) -> str:
    """The id of the element that shows the update of that number."""
    return f"update-{number}"


def survey_path(incident_id: str) -> str:
    """Where members are asked two questions about one incident (R47)."""
    return f"/survey/{incident_id}"


def component_path(slug: str) -> str:
    """The page of one component; its feeds stand below it."""
    return f"/components/{quote(slug, safe='')}"


def in_language(path: str, code: str) -> str:
    """The same document in that language: English at the root, others below "/es"."""
    return path if code == "en" else f"/{code}{path.rstrip('/') or '/'}"


def absolute(public_url: str, path: str) -> str:
    """The full address of a path."""
    return public_url.rstrip("/") + path


def host(public_url: str) -> str:
    """The host name alone, as members type it."""
    return urlsplit(public_url).hostname or public_url


@dataclass(frozen=True, slots=True)
class FailoverPaths:
    """The three forms of one host's outage document."""

    html: str
    json: str
    text: str


def failover_paths(host: str) -> FailoverPaths:
    """Where the documents of one host stand."""
    return FailoverPaths(
        f"{FAILOVER_FOLDER}{host}.html", f"{FAILOVER_FOLDER}{host}.json", f"{FAILOVER_FOLDER}{host}.txt"
    )
