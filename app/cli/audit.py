"""`audit`: prove that the log of who did what is whole, and take it out."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.audit import exported_lines, note_export
from app.domain.audit import Head, Verification, verify
from app.domain.errors import RefusedError
from app.domain.evidence import Proof, prove
from app.publish.evidence import unpacked
from app.store.audit import chain, chain_head, is_evidence_noted

app = typer.Typer(no_args_is_help=True, help="Who did what, and the proof that nobody changed it since.")


@app.command("verify")
def audit_verify_command(
    kept: Annotated[
        str | None, typer.Option("--head", metavar="NUMBER:HASH", help="A head that you kept; shows a cut tail.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow the chain of hashes from the first entry to the newest; exit code 1 where it breaks."""
    head = _head(kept) if kept else None
    with opened() as installation, installation.database.read() as session:
        found = verify(chain(session), chain_head(session), head)
    if as_json:
        print_json(asdict(found) | {"is_whole": found.is_whole})
    else:
        out.print(_in_words(found), markup=False, soft_wrap=True)
    if not found.is_whole:
        raise typer.Exit(1)


@app.command("export")
def audit_export_command(
    to: Annotated[Path | None, typer.Option(help="Write into this new file, for you alone.")] = None,
) -> None:
    """Write the whole log as JSON lines, oldest first. That is itself noted."""
    with opened() as installation, _file(to) as file:
        with installation.database.transaction(operator()) as session:
            note_export(session, now=now())
        with installation.database.read() as session:
            number = sum(1 for line in exported_lines(session) if file.write(line))
    if to is not None:
        out.print(f"Wrote {number:,} entries.")


@app.command("evidence")
def audit_evidence_command(
    file: Annotated[Path, typer.Argument(help="The ZIP file that was downloaded from an incident.")],
    as_json: AsJson = False,
) -> None:
    """Prove the evidence of an incident, and that its number is the one noted here; exit code 1 where it is not."""
    try:
        found = prove(unpacked(file.read_bytes()))
    except OSError as error:
        raise RefusedError(f"“{file}” cannot be read: {error.strerror}.") from None
    with opened() as installation, installation.database.read() as session:
        is_noted = is_evidence_noted(session, found.digest)
    if as_json:
        print_json(asdict(found) | {"is_whole": found.is_whole, "is_noted": is_noted})
    else:
        for line in _evidence_in_words(found, is_noted=is_noted):
            out.print(line, markup=False, soft_wrap=True)
    if not (found.is_whole and is_noted):
        raise typer.Exit(1)


def _evidence_in_words(found: Proof, *, is_noted: bool) -> Iterator[str]:
    yield from found.trouble
    if found.is_whole:
        yield f"The evidence is whole: {found.entries:,} entries of the audit log, and every file as it was written."
    noted = "is noted in the audit log here" if is_noted else "is not noted in the audit log here"
    yield f"Its number {found.digest} {noted}."


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise RefusedError(f"“{text}” is not a head; it should look like 4711: and the 64 characters of its hash.")
    return Head(int(number), digest.lower())


def _in_words(found: Verification) -> str:
    if found.is_whole:
        return f"The audit log is whole: {found.entries:,} entries. Its head is {found.head.seq}:{found.head.hash}"
    return f"The audit log is broken at entry {found.broken_at}. {found.reason} The {found.entries:,} before are whole."


@contextmanager
def _file(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(f"“{path}” cannot be written: {error.strerror}.") from None
    with open(descriptor, "w", encoding="utf-8") as file:
        yield file
