"""Every template compiles in the environment that renders it."""

from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

from app.publish import html
from app.web.templating import make_templates

TEMPLATES = Path(__file__).parents[1] / "templates"
PUBLIC = sorted(path.relative_to(TEMPLATES / "public").as_posix() for path in (TEMPLATES / "public").rglob("*.*"))
CONSOLE = sorted(path.relative_to(TEMPLATES).as_posix() for path in (TEMPLATES / "admin").rglob("*.*"))


def compile_strictly(environment: Environment, name: str) -> None:
    """Load one template; unknown filters and broken syntax raise here."""
    assert environment.undefined is StrictUndefined
    environment.get_template(name)


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_compiles_the_template_of_a_public_document(name, language):
    compile_strictly(html._environment(language), name)


@pytest.mark.parametrize("name", CONSOLE)
def test_it_compiles_the_template_of_the_console(name):
    compile_strictly(make_templates({}), name)
