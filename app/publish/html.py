"""How a template becomes bytes: the environment, the stylesheet, the script, and the policy that seals them.

Living documents (what a member opens during an outage) carry the stylesheet inside, so that they
arrive in one request. The archive links to it under a name that never changes meaning: thousands
of pages of history need not each hold a copy.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from app.publish.addresses import component_path, in_language, incident_path
from app.publish.documents import Source
from app.publish.language import Language
from app.publish.markup import body_html

_ROOT = Path(__file__).parents[2]
_TEMPLATES = _ROOT / "templates" / "public"
_STATIC = _ROOT / "static"

CSS = "text/css; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"


def minified(css: str) -> str:
    """The stylesheet without its comments and without the spaces that only people need."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css)
    return re.sub(r"(?<=[\w-]): (?=[^{}]*[;}])", ":", css).replace(";}", "}").strip()


def _read(*names: str) -> str:
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


def _hashed(name: str, content: str) -> str:
    """An address that changes with its content, so that it may be kept for ever."""
    stem, _, ending = name.rpartition(".")
    return f"/static/{stem}.{hashlib.sha256(content.encode()).hexdigest()[:12]}.{ending}"


STYLES = minified(_read("tokens.css", "public.css"))
"""The whole stylesheet of the public page, as it stands inside a document."""

SCRIPT = _read("page.js")
"""The one small script, as it is served."""

STYLES_PATH = _hashed("public.css", STYLES)
SCRIPT_PATH = _hashed("page.js", SCRIPT)

_STYLES_HASH = base64.b64encode(hashlib.sha256(STYLES.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    f"style-src 'self' 'sha256-{_STYLES_HASH}'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The header for every public HTML document: our own files, and the one inlined stylesheet by its hash."""


def asset_sources() -> list[Source]:
    """The files that documents refer to, under their hashed names."""
    return [
        Source(STYLES_PATH, CSS, STYLES.encode()),
        Source(SCRIPT_PATH, JAVASCRIPT, SCRIPT.encode()),
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
        extensions=[_Unindented, "jinja2.ext.i18n"],
    )
    words = Language(code, ZoneInfo("UTC"))
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["body"] = body_html
    environment.globals.update(
        code=code,
        styles=Markup(STYLES),  # noqa: S704 - our own file
        styles_path=STYLES_PATH,
        script_path=SCRIPT_PATH,
        here=lambda path: in_language(path, code),
        incident_path=lambda key: in_language(incident_path(key), code),
        component_path=lambda slug: in_language(component_path(slug), code),
    )
    return environment


@lru_cache
def _template(name: str, code: str) -> Template:
    return _environment(code).get_template(name)


def render(name: str, language: Language, **context: object) -> bytes:
    """The document that this template and these values make, in that language."""
    return _template(name, language.code).render(language=language, **context).encode()
