"""What the rescue bundle says, read from the rows; and the two files that are made of it every night.

DATA_DIR/rescue/rescue.html    DATA_DIR/rescue/rescue.pdf
"""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.domain.errors import UnavailableError
from app.domain.failover import Change, Records, Side, Switch
from app.monitor.dns.runbook import steps as steps_by_hand
from app.publish.freeze import Freezer
from app.publish.kept_snapshot import write_whole
from app.publish.paper_chapters import contact_rows, doors_chapter
from app.publish.rescue import Bundle, Chapter, Recipe, Step, as_html, as_pdf
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import phone_script
from app.store.audit import chain_head
from app.store.failovers import frozen_switch, switch_rows
from app.store.session import Database
from app.store.vault import Vault

HTML, PDF = "rescue.html", "rescue.pdf"


@dataclass(frozen=True, slots=True)
class Places:
    """Where this installation is and what it writes to; nothing secret."""

    public_url: str
    console_url: str
    data_dir: Path
    bucket: str = ""
    prefix: str = ""
    backup_dir: Path | None = None


def rescue_bundle(database: Database, vault: Vault, places: Places, *, now: datetime) -> Bundle:
    """The bundle of this moment.

    Raises:
        NotFoundError: no organisation has been loaded.
        UnavailableError: the database is away.
    """
    with database.read() as session:
        snapshot = Freezer(places.public_url).freeze(session, now)
        head = chain_head(session)
        contacts = tuple(contact_rows(session, snapshot, vault))
        switches = [frozen_switch(row) for row in switch_rows(session)]
    local = now.astimezone(snapshot.organisation.zone)
    return Bundle(
        title=f"{snapshot.organisation.name}: when the status page itself is down",
        dated=f"As of {local:%A, %B %-d, %Y, %-I:%M %p %Z}. Throw away older copies.",
        chapters=(
            Chapter("Whom to call", columns=("Who", "What for", "Reach them"), rows=contacts),
            Chapter("Read this on the telephone", text=tuple(phone_script(snapshot, "en"))),
            doors_chapter(snapshot),
            Chapter("Publish by hand", recipes=tuple(_by_hand(snapshot, places))),
            Chapter("Point the MLS's names", text=_about(switches), recipes=tuple(map(_switching, switches))),
            Chapter("Bring it up on another machine", recipes=(_another_machine(places),)),
            Chapter(
                "Proof",
                text=(f"The newest entry of the audit log is {head.seq}:{head.hash}", "Compare it after a restore:"),
                recipes=(Recipe("Verify the log", (Step("On the machine:", _verify(head.seq, head.hash)),)),),
            ),
        ),
    )


def write_rescue(bundle: Bundle, folder: Path) -> tuple[Path, Path]:
    """Put both files into a folder, each whole or not at all, for their owner alone.

    Raises:
        UnavailableError: the folder cannot be written; the files before still stand.
    """
    html, pdf = folder / HTML, folder / PDF
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(html, as_html(bundle))
        write_whole(pdf, as_pdf(bundle))
    except OSError as error:
        raise UnavailableError(f"The rescue bundle cannot be written to {folder}: {error.strerror}.") from error
    return html, pdf


def _by_hand(snapshot: PublicSnapshot, places: Places) -> Iterator[Recipe]:
    slug = snapshot.components[0].slug if snapshot.components else "SLUG"
    post = (
        f'porchlight post --new "WHAT FAILS" --component {slug}=major_outage --status investigating \\\n'
        '    --body "WHAT MEMBERS CANNOT DO. WHAT STILL WORKS."'
    )
    yield Recipe(
        "The console is away, the machine is not",
        (
            Step("On the machine, as the user porchlight, in its folder:", post),
            Step("If the database is away too, say so:", f"{post} --without-database"),
            Step("To end it (the number is what the first command printed):", _end()),
        ),
    )
    yield Recipe("Nothing of ours runs: one page by hand", tuple(_one_page(snapshot, places)))


def _end() -> str:
    return 'porchlight post --incident ID --status resolved --body "IT WORKS AGAIN SINCE 9:20 AM."'


def _one_page(snapshot: PublicSnapshot, places: Places) -> Iterator[Step]:
    organisation = snapshot.organisation
    yield Step(
        "Save this as index.html and put in the words and the time:",
        f'<!DOCTYPE html><meta charset="utf-8"><title>{organisation.short_name} status</title>\n'
        f"<h1>{organisation.short_name}: WHAT FAILS</h1>\n"
        "<p>As of TIME. WHAT MEMBERS CANNOT DO. WHAT STILL WORKS AND HOW. NEXT UPDATE AT TIME.</p>\n"
        f"<p>Help desk: {organisation.help_desk_phone or 'NUMBER'}</p>",
    )
    if places.bucket:
        target = f"s3://{places.bucket}/{places.prefix.strip('/') + '/' if places.prefix.strip('/') else ''}"
        put = '--content-type "text/html; charset=utf-8" --cache-control "public, max-age=5"'
        yield Step(
            "Into the bucket, with credentials that may write to it, both names of the front page:",
            f"aws s3 cp index.html {target}index.html {put}",
        )
        yield Step("The page comes by the CDN within a minute. A publisher that comes back mends it by itself.")
        return
    current = shlex.quote(str(_absolute(places.data_dir) / "public" / "current"))
    yield Step(
        "On the machine that serves the files, over the page that is there; its compressed copies must go:",
        f"cp index.html {current}/index.html && rm -f {current}/index.html.gz {current}/index.html.br",
    )
    yield Step("A publisher that comes back writes the whole page anew by itself.")


def _about(switches: list[Switch]) -> tuple[str, ...]:
    if not switches:
        return ("No name is set up for that yet: see Failover in the console.",)
    return ("First from the console, or by porchlight failover plan and apply. By hand only where both are away.",)


def _switching(switch: Switch) -> Recipe:
    """Both values, and what a person does in the provider's own console to come here and to go back."""
    normal, here = switch.records(Side.NORMAL), switch.records(Side.FAILOVER)
    values = f"normally {_said(normal)}; in a failover {_said(here)}"
    # The last step is of the page that watches, which is away.
    by_hand = tuple(Step(text) for text in [*steps_by_hand(switch, Change(switch.name, normal, here))][:-1])
    back = Step("To go back, put the old value there again:", _said(normal))
    check = Step(
        "See what the name servers say:", f"dig +short {switch.name} @$(dig +short NS {switch.zone} | head -1)"
    )
    return Recipe(f"{switch.name} ({switch.provider}): {values}", (*by_hand, check, back))


def _said(records: Records) -> str:
    return ", ".join(f"{item.type} {' '.join(item.values)} (TTL {item.ttl})" for item in records)


def _another_machine(places: Places) -> Recipe:
    backups = str(_absolute(places.backup_dir)) if places.backup_dir else "the folder of backups"
    return Recipe(
        "Ten minutes, with the newest backup, the backup key and the secret key",
        (
            Step("Check out the same version of Porchlight, then:", "make setup"),
            Step(
                "Set the same settings as before. PORCHLIGHT_SECRET_KEY must be the old one; both keys are where you "
                "keep them, not here.",
            ),
            Step(f"Copy the newest file of {backups} over, then:", "porchlight restore FILE.backup"),
            Step("Start it, look at the page, and point its own name at the new machine:", "porchlight up"),
            Step("When it looks right, let reminders and planned work speak again:", "porchlight release-notices"),
            Step(f"Members read {places.public_url}; you sign in at {places.console_url}/admin."),
        ),
    )


def _verify(number: int, digest: str) -> str:
    return f"porchlight audit verify --head {number}:{digest}"


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
