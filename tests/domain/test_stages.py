"""The five stages: in the words of the requirement, each shut until the one before has given what it owes."""

from dataclasses import replace

import pytest

from app.domain.severity import Severity
from app.domain.stages import GUIDES, Facts, Fix, Stage, missing_outputs

WHOLE = Facts(
    confirmed=True,
    severity=Severity.HIGH,
    commander_named=True,
    commander_accepted=True,
    lead_accepted=True,
    told=True,
    channel=True,
    members_decided=True,
    outside_decided=True,
    cause=True,
    contained=True,
    noted=True,
    fix=Fix.PERMANENT,
    restored=True,
    verified=True,
    resolved=True,
    report_published=True,
    actions=1,
    resolution=True,
    prevention=True,
)


def owed(stage, **facts):
    return [output.key for output in missing_outputs(stage, replace(WHOLE, **facts))]


def test_r02_an_incident_goes_through_the_five_stages_in_their_order():
    assert [(stage.number, stage.in_words) for stage in Stage] == [
        (1, "Detection and Triage"),
        (2, "Communication and Mobilization"),
        (3, "Investigation and Containment"),
        (4, "Resolution and Recovery"),
        (5, "Post-Incident Review"),
    ]
    assert [stage.next for stage in Stage] == [*list(Stage)[1:], None]


def test_r02_every_stage_says_what_it_takes_gives_and_decides():
    assert all(guide.inputs and guide.decisions and guide.outputs for guide in GUIDES.values())
    assert [output.name for output in GUIDES[Stage.TRIAGE].outputs] == [
        "Confirmed incident",
        "Severity assigned",
        "Commander designated",
    ]
    assert GUIDES[Stage.MOBILIZATION].decisions == (
        "Is member communication needed?",
        "Are outside parties affected?",
    )


@pytest.mark.parametrize("stage", list(Stage))
def test_r01_a_stage_that_has_given_everything_owes_nothing(stage):
    assert owed(stage) == []


@pytest.mark.parametrize(
    ("stage", "facts", "keys"),
    [
        (Stage.TRIAGE, {"confirmed": False}, ["confirmed"]),
        (Stage.TRIAGE, {"severity": None}, ["severity"]),
        (Stage.TRIAGE, {"commander_named": False}, ["commander"]),
        (Stage.MOBILIZATION, {"told": False, "members_decided": False}, ["told", "decided"]),
        (Stage.MOBILIZATION, {"lead_accepted": False}, ["team"]),
        (Stage.MOBILIZATION, {"commander_accepted": False}, ["team"]),
        (Stage.MOBILIZATION, {"channel": False}, ["channel"]),
        (Stage.MOBILIZATION, {"outside_decided": False}, ["decided"]),
        (Stage.INVESTIGATION, {"cause": False}, ["cause"]),
        (Stage.INVESTIGATION, {"contained": False}, ["contained"]),
        (Stage.INVESTIGATION, {"noted": False}, ["noted"]),
        (Stage.RECOVERY, {"fix": None}, ["fix"]),
        (Stage.RECOVERY, {"verified": False}, ["verified"]),
        (Stage.RECOVERY, {"resolved": False}, ["restored"]),
        (Stage.REVIEW, {"findings_owed": 1}, ["findings"]),
        (Stage.REVIEW, {"cause": False}, ["cause_known"]),
        (Stage.REVIEW, {"resolution": False}, ["resolution"]),
        (Stage.REVIEW, {"prevention": False}, ["prevention"]),
        (Stage.REVIEW, {"actions": 0}, ["actions"]),
        (Stage.REVIEW, {"report_published": False}, ["report"]),
    ],
)
def test_r01_every_output_that_is_missing_is_named_with_the_page_that_supplies_it(stage, facts, keys):
    assert owed(stage, **facts) == keys
    assert all(output.missing and output.under[:1] in ("", "/", "#") for output in GUIDES[stage].outputs)
