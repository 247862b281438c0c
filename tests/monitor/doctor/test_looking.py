"""An examination: all at once, in bounded time, and whatever goes wrong is a finding."""

import time

from app.domain.errors import UnavailableError
from app.domain.examination import Check, Finding, has_failed
from app.monitor.doctor.looking import examine

FINE = Check("fine", Finding.OK, "All is well.")


def test_it_keeps_the_order_of_the_subjects_whoever_is_first():
    def late():
        time.sleep(0.1)
        yield FINE

    found = examine({"late": late, "early": lambda: [Check("early", Finding.WARN, "Hm.")]})
    assert [check.name for check in found] == ["fine", "early"]
    assert not has_failed(found)


def test_who_does_not_answer_is_given_up_and_the_others_are_not_kept_waiting():
    begun = time.monotonic()
    found = examine({"silent": lambda: time.sleep(3) or [], "fine": lambda: [FINE]}, patience=0.2)
    assert time.monotonic() - begun < 2
    assert [(check.name, check.finding) for check in found] == [("silent", Finding.FAIL), ("fine", Finding.OK)]
    assert "no answer within" in found[0].words


def test_what_breaks_is_a_finding_and_its_words_stay_in_the_log(caplog):
    def refuse():
        raise UnavailableError("The database is away.")

    def break_down():
        raise RuntimeError("token=secret")

    away, broken = examine({"away": refuse, "broken": break_down})
    assert (away.finding, away.words) == (Finding.FAIL, "The database is away.")
    assert broken.finding is Finding.FAIL
    assert "secret" not in broken.words
    assert "secret" in caplog.text
