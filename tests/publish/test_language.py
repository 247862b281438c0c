"""The catalogues are complete and true to their English, and times are told as members say them."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from app.domain.errors import RefusedError
from app.publish.language import LANGUAGES, Language, when

ROOT = Path(__file__).parents[2]
CHICAGO = ZoneInfo("America/Chicago")
NIGHT = datetime(2026, 4, 5, 2, 42, tzinfo=UTC)

MessageId = str | tuple[str, str]


def used_messages() -> set[MessageId]:
    """Every sentence that the code or a public template asks a translation for."""
    return {*in_code(), *in_templates()}


def in_code() -> Iterator[MessageId]:
    for path in (ROOT / "app").rglob("*.py"):
        keywords = {"gettext": None, "ngettext": (1, 2)}
        yield from messages("python", path, keywords, {})


def in_templates() -> Iterator[MessageId]:
    for path in (ROOT / "templates" / "public").rglob("*.html"):
        keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
        options = {"extensions": "jinja2.ext.i18n", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
        yield from messages("jinja2", path, keywords, options)


def messages(method: str, path: Path, keywords: dict, options: dict[str, str]) -> Iterator[MessageId]:
    for _line, message, _comments, _context in extract(method, BytesIO(path.read_bytes()), keywords, (), options):
        yield message


def catalogue(code: str) -> Catalog:
    with catalogue_path(code).open("rb") as source:
        return read_po(source, locale=code, abort_invalid=True)


def catalogue_path(code: str) -> Path:
    return ROOT / "app" / "publish" / "locale" / code / "LC_MESSAGES" / "messages.po"


def translations(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


OTHERS = [code for code in LANGUAGES if code != "en"]


def test_it_ships_english_and_spanish():
    assert set(LANGUAGES) >= {"en", "es"}


def test_it_finds_sentences_in_code_and_in_templates():
    assert "Everything is working." in set(in_code())
    assert set(in_templates())


@pytest.mark.parametrize("code", OTHERS)
def test_it_translates_every_sentence_it_uses(code: str):
    known = {message.id for message in catalogue(code) if message.id and all(translations(message))}
    assert used_messages() - known == set()


@pytest.mark.parametrize("code", OTHERS)
def test_it_keeps_no_translation_that_nothing_uses(code: str):
    assert {message.id for message in catalogue(code) if message.id} - used_messages() == set()


@pytest.mark.parametrize("code", OTHERS)
def test_it_translates_with_the_same_placeholders(code: str):
    for message in catalogue(code):
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[1]
            assert {frozenset(placeholders(text)) for text in translations(message)} == {
                frozenset(placeholders(english))
            }


@pytest.mark.parametrize("code", OTHERS)
def test_it_translates_no_sentence_twice_and_guesses_none(code: str):
    found = re.findall(r'^msgid "(.+)"$', catalogue_path(code).read_text(encoding="utf-8"), re.MULTILINE)
    assert [text for text, times in Counter(found).items() if times > 1] == []
    assert [message.id for message in catalogue(code) if message.id and message.fuzzy] == []


def test_it_fills_in_values_and_chooses_the_number():
    english, spanish = Language("en", CHICAGO), Language("es", CHICAGO)
    assert english.gettext("next update by %(time)s", time="9 PM") == "next update by 9 PM"
    assert spanish.ngettext("%(count)d day", "%(count)d days", 1, count=1) == "1 día"
    assert spanish.ngettext("%(count)d day", "%(count)d days", 3, count=3) == "3 días"


def test_it_leaves_a_percent_sign_alone_when_there_is_nothing_to_fill_in():
    assert Language("en", CHICAGO).gettext("100% sure") == "100% sure"


def test_it_refuses_a_language_without_a_catalogue():
    with pytest.raises(RefusedError, match="tlh"):
        Language("tlh", CHICAGO)


@pytest.mark.parametrize(
    ("code", "zone", "expected"),
    [
        ("en", "America/Chicago", "9:42 PM CT"),
        ("en", "America/New_York", "10:42 PM ET"),
        ("es", "America/Chicago", "9:42 p.m. CT"),
        ("en", "America/Phoenix", "7:42 PM MT"),
        ("en", "Pacific/Honolulu", "4:42 PM HST"),
        ("en", "Europe/Berlin", "4:42 AM CEST"),
        ("en", "Asia/Dubai", "6:42 AM UTC+04"),
        ("en", "UTC", "2:42 AM UTC"),
    ],
)
def test_it_tells_the_time_with_a_short_zone(code: str, zone: str, expected: str):
    assert Language(code, ZoneInfo(zone)).time_and_zone(NIGHT) == expected


def test_it_says_ct_in_winter_and_in_summer():
    language = Language("en", CHICAGO)
    assert language.time_and_zone(datetime(2026, 1, 5, 18, tzinfo=UTC)) == "12:00 PM CT"
    assert language.time_and_zone(datetime(2026, 7, 5, 17, tzinfo=UTC)) == "12:00 PM CT"


def test_it_tells_a_moment_as_a_day_on_the_organisations_clock_and_a_date_as_it_is():
    language = Language("en", CHICAGO)
    assert language.day(NIGHT) == "Apr 4"
    assert language.day(date(2026, 4, 5)) == "Apr 5"
    assert Language("es", CHICAGO).day(NIGHT) == "4 abr"
    assert language.month(date(2026, 4, 1)) == "April 2026"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(minutes=48), "10:30 PM CT"),
        (timedelta(hours=3), "Sun 12:42 AM CT"),
        (timedelta(days=6), "Fri 9:42 PM CT"),
        (timedelta(days=7), "Apr 11, 9:42 PM CT"),
        (timedelta(days=300), "Jan 29, 2027, 8:42 PM CT"),
        (timedelta(days=-2), "Thu 9:42 PM CT"),
    ],
)
def test_it_tells_a_moment_as_briefly_as_it_can_without_doubt(later: timedelta, expected: str):
    assert when(NIGHT + later, Language("en", CHICAGO), NIGHT) == expected


def test_it_can_leave_the_zone_out():
    assert when(NIGHT, Language("es", CHICAGO), NIGHT, with_zone=False) == "9:42 p.m."


def test_it_tells_a_moment_the_same_for_ever():
    assert Language("en", CHICAGO).exactly(NIGHT) == "Apr 4, 2026, 9:42 PM CT"


def test_it_joins_names_as_each_language_does():
    assert Language("en", CHICAGO).names(["A", "B", "C"]) == "A, B, and C"
    assert Language("es", CHICAGO).names(["A", "B", "C"]) == "A, B y C"
