"""The listener that makes every browser test fail on a violation of the Content-Security-Policy."""

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.conftest import listen_for_violations
from tests.web.wire import serving

pytestmark = pytest.mark.browser


def page_with_an_inline_script(_request: object) -> HTMLResponse:
    policy = {"Content-Security-Policy": "default-src 'self'"}
    return HTMLResponse("<!DOCTYPE html><title>x</title><script>1</script>", headers=policy)


@pytest.mark.parametrize("way", ["context", "page"])
def test_an_inline_script_is_heard(chromium: Browser, way: str) -> None:
    engine = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium", chromium_sandbox=False, args=["--disable-gpu"]
    )
    violations = listen_for_violations(engine)
    app = Starlette(routes=[Route("/", page_with_an_inline_script)])
    with serving(app) as port:
        page = engine.new_context().new_page() if way == "context" else engine.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_timeout(100)
    engine.close()
    assert violations != []
