"""Evidence proves itself: what was altered, added, left out or reordered shows."""

import json
from datetime import UTC, datetime, timedelta

from app.domain.audit import CLOCK, Entry, Head, Subject, facts_of, linked
from app.domain.evidence import AUDIT, MANIFEST, manifest_of, prove

AT = datetime(2026, 4, 5, tzinfo=UTC)


def lines_of_the_log() -> list[str]:
    """An audit log of four acts; the third is about something else and left out."""
    head, found = Head(), []
    for number in range(4):
        entry = Entry(AT + timedelta(minutes=number), CLOCK, "incident.updated", Subject("incident", "one"))
        link = linked(head, entry)
        facts = facts_of(link.seq, entry) | {"previous_hash": link.previous_hash, "hash": link.hash}
        head = Head(link.seq, link.hash)
        if number != 2:
            found.append(json.dumps(facts))
    return found


def evidence(lines: list[str]) -> dict[str, bytes]:
    files = {"record.json": b"{}", AUDIT: ("\n".join(lines) + "\n").encode()}
    return files | {MANIFEST: manifest_of(files, {"incident": "one"})}


def test_r71_whole_evidence_verifies_although_entries_of_others_are_left_out() -> None:
    proof = prove(evidence(lines_of_the_log()))
    assert (proof.is_whole, proof.entries) == (True, 3)


def test_r71_an_altered_row_is_detected_even_when_the_manifest_is_made_anew() -> None:
    lines = lines_of_the_log()
    lines[1] = lines[1].replace("The clock", "Somebody")
    assert prove(evidence(lines)).trouble == ("Entry 2 of the audit log was altered.",)


def test_r71_a_row_whose_own_hash_was_made_anew_no_longer_leads_to_the_next() -> None:
    lines = lines_of_the_log()
    forged = json.loads(lines[0])
    other = Entry(AT, CLOCK, "incident.hidden", Subject("incident", "one"))
    forged |= facts_of(1, other) | {"hash": linked(Head(), other).hash}
    trouble = prove(evidence([json.dumps(forged), *lines[1:]])).trouble
    assert trouble == ("Entry 2 of the audit log does not follow the one before.",)


def test_files_that_were_altered_added_or_taken_away_are_named() -> None:
    files = evidence(lines_of_the_log())
    assert prove(files | {"record.json": b"[]"}).trouble == ("record.json was altered.",)
    assert prove(files | {"more.txt": b""}).trouble == ("more.txt was added.",)
    assert prove({name: files[name] for name in (AUDIT, MANIFEST)}).trouble == ("record.json is missing.",)
    assert prove({}).trouble == ("The manifest is missing or cannot be read.",)
