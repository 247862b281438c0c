"""How a template becomes bytes: the environment, the stylesheet, the script, and the policy that seals them.

Living documents (what a member opens during an outage) carry the stylesheet inside, so that they
arrive in one request. The archive links to it under a name that never changes meaning: thousands
of pages of history need not each hold a copy.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import ascii_letters
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from app.domain.organisation import Organisation
from app.publish import filters, wording
from app.publish.addresses import component_path, in_language, incident_path, survey_path, update_anchor
from app.publish.bars import HEIGHT, STEP
from app.publish.language import Language
from app.publish.markup import body_html
from app.publish.parts import Part

_ROOT = Path(__file__).parents[2]
_TEMPLATES = _ROOT / "templates" / "public"
_STATIC = _ROOT / "static"

CSS = "text/css; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"


_STRING = re.compile(r"""("[^"\n]*"|'[^'\n]*')""")


def minified(source: str, comment: str, signs: str) -> str:
    """CSS or JavaScript of ours without comments and without the spaces around these signs.

    It knows no more of either language than that strings stay as they are, and every statement
    ends in a semicolon or a brace.
    """
    bare = re.sub(comment, "", source, flags=re.DOTALL | re.MULTILINE)
    pieces = _STRING.split(bare)
    pieces[::2] = (re.sub(rf"\s*([{signs}])\s*", r"\1", re.sub(r"\s+", " ", piece)) for piece in pieces[::2])
    return "".join(pieces).replace(";}", "}").strip()


def _read(*names: str) -> str:
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


def _hashed(name: str, content: str) -> str:
    """An address that changes with its content, so that it may be kept for ever."""
    stem, _, ending = name.rpartition(".")
    return f"/static/{stem}.{hashlib.sha256(content.encode()).hexdigest()[:12]}.{ending}"


STYLES = minified(_read("tokens.css", "public.css"), r"/\*.*?\*/", "{};,>")
"""The whole stylesheet of the public page, as it stands inside a document."""


def _with_short_names(script: str) -> str:
    """A script whose own names, all longer than a letter, are one letter each; properties keep theirs.

    It knows no `{ shorthand }` of a name that is also declared.
    """
    names = dict.fromkeys(re.findall(r"\b(?:const|let) (\w+)", script))
    letters = dict(zip(names, ascii_letters, strict=False))
    own = re.compile(rf"(?<![\w\"])(?<!(?<!\.\.)\.)({'|'.join(letters)})\b")
    pieces = _STRING.split(script)
    pieces[::2] = (own.sub(lambda name: letters[name.group()], piece) for piece in pieces[::2])
    return "".join(pieces)


SCRIPT = _with_short_names(minified(_read("page.js"), r" *//[^\n]*", r"-{}()\[\];,=<>?:+*/&|!"))
"""The one small script, as it is served."""

SIGN_UP_STYLES = minified(_read("subscribe.css"), r"/\*.*?\*/", "{};,>")
"""What the sign-up pages need besides: fields and boxes."""

SIGN_UP_SCRIPT = minified(_read("subscribe.js"), r"^ *//[^\n]*", r"-{}()\[\];,=<>?:+*/&|!")
"""The sign-up form's proof of work, solved in the browser."""

STYLES_PATH = _hashed("public.css", STYLES)
SCRIPT_PATH = _hashed("page.js", SCRIPT)
SIGN_UP_STYLES_PATH = _hashed("subscribe.css", SIGN_UP_STYLES)
SIGN_UP_SCRIPT_PATH = _hashed("subscribe.js", SIGN_UP_SCRIPT)

_STYLES_HASH = base64.b64encode(hashlib.sha256(STYLES.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    f"style-src 'self' 'sha256-{_STYLES_HASH}'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The header for every public HTML document: our own files, and the one inlined stylesheet by its hash."""


def asset_parts() -> list[Part]:
    """The files that documents refer to, under their hashed names."""
    return [
        Part(STYLES_PATH, str.encode, (STYLES,), CSS),
        Part(SCRIPT_PATH, str.encode, (SCRIPT,), JAVASCRIPT),
        Part(SIGN_UP_STYLES_PATH, str.encode, (SIGN_UP_STYLES,), CSS),
        Part(SIGN_UP_SCRIPT_PATH, str.encode, (SIGN_UP_SCRIPT,), JAVASCRIPT),
    ]


class _Unindented(Extension):
    """Drops the indentation of a template when it is compiled: no reader needs it, every reader would load it."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """The template's text without the white space at the start of its lines."""
        return re.sub(r"\n\s+", "\n", source)


@lru_cache
def _environment(code: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[_Unindented],
    )
    words = Language(code, ZoneInfo("UTC"))
    environment.filters.update(_FILTERS, translated=in_language)
    environment.tests["has_help"] = filters.has_help
    environment.globals.update(
        _WORDS,
        _=words.gettext,
        ngettext=words.ngettext,
        code=code,
        styles=Markup(STYLES),  # noqa: S704 - our own file
        styles_path=STYLES_PATH,
        script_path=SCRIPT_PATH,
        sign_up_styles_path=SIGN_UP_STYLES_PATH,
        sign_up_script_path=SIGN_UP_SCRIPT_PATH,
        bar_step=STEP,
        bar_height=HEIGHT,
        here=lambda path: in_language(path, code),
        incident_path=lambda key: in_language(incident_path(key), code),
        component_path=lambda slug: in_language(component_path(slug), code),
        update_anchor=update_anchor,
        survey_path=survey_path,
    )
    return environment


_FILTERS: dict[str, Callable[..., object]] = {
    "affected_names": filters.affected_names,
    "bare": filters.bare,
    "body": body_html,
    "dialled": filters.dialled,
    "endonym": filters.endonym,
    "iso": filters.iso,
    "names_line": wording.names_line,
    "own_words": wording.own_words,
    "page_title": filters.page_title,
    "sentences": filters.sentences,
    "lasted": filters.lasted,
    "telephone": filters.telephone,
    "time": filters.time,
    "until": filters.until,
    "unbroken": filters.unbroken,
}

_WORDS: dict[str, Callable[..., object]] = {
    "component_word": wording.component_word,
    "duration": wording.duration,
    "headings": wording.headings,
    "names_line": wording.names_line,
    "password_hint": wording.password_hint,
    "promise_line": wording.promise_line,
    "proved_line": wording.proved_line,
    "since_line": wording.since_line,
    "record_word": wording.record_word,
    "status_word": wording.status_word,
    "told": wording.told,
}


@lru_cache
def _template(name: str, code: str) -> Template:
    return _environment(code).get_template(name)


def render(
    name: str,
    language: Language,
    *,
    path: str,
    organisation: Organisation,
    as_of: datetime | None = None,
    lit: bool = False,
    living: bool = False,
    **context: object,
) -> bytes:
    """The document that a template makes in that language.

    Args:
        name: The template.
        language: What it speaks, and the organisation's clock.
        path: Where the English document stands.
        organisation: Whose page it is.
        as_of: The moment at which times are told; without it they are told in full.
        lit: Whether something is wrong, so that the lamp burns.
        living: Whether readers keep it open while things change: it then refreshes itself, and
            carries its stylesheet inside.
        context: What this template asks for besides.
    """
    template = _template(name, language.code)
    frame = {"language": language, "path": path, "organisation": organisation, "as_of": as_of, "lit": lit}
    return template.render(**frame, living=living, **context).encode()
