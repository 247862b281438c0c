"""Take the README's picture anew: the demo's outage as a phone shows it at night and a desk by day.

`python docs/picture.py` needs Debian's Chromium. Run it when the page has changed its looks.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PICTURE = Path(__file__).parent / "images" / "page.png"
PORCHLIGHT = Path(sys.executable).with_name("porchlight")

FRAME = """
<body style="margin:0;height:800px;display:flex;gap:40px;align-items:center;justify-content:center;background:#e9e5dc">
<img style="height:720px;border-radius:24px;box-shadow:0 6px 30px #0004" src="data:image/png;base64,{phone}">
<img style="height:720px;border-radius:8px;box-shadow:0 6px 30px #0004" src="data:image/png;base64,{desk}">
"""


def main() -> None:
    """Publish the demo in the middle of its outage and photograph it."""
    page = published_page()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), chromium_sandbox=False)
        phone, desk = photograph(browser, page, 360, "dark"), photograph(browser, page, 1100, "light")
        frame = browser.new_page(viewport={"width": 1560, "height": 800})
        frame.set_content(FRAME.format(phone=phone, desk=desk), wait_until="load")
        frame.screenshot(path=PICTURE)
        browser.close()


def published_page() -> str:
    """The page's HTML, from a database of its own; the stylesheet is inside."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {"PORCHLIGHT_DATABASE_URL": f"sqlite:///{folder}/demo.db", "PORCHLIGHT_DATA_DIR": folder}
        for command in (["demo", "load", "--outage"], ["publish", "--to", f"{folder}/page"]):
            subprocess.run([PORCHLIGHT, *command], check=True, env=os.environ | ours)
        return Path(folder, "page", "current", "index.html").read_text(encoding="utf-8")


def photograph(browser: Browser, page: str, width: int, theme: str) -> str:
    """The top of the page at that width, as base64 of a PNG."""
    opened = browser.new_page(viewport={"width": width, "height": 720}, color_scheme=theme, device_scale_factor=1.5)
    opened.set_content(page)
    return b64encode(opened.screenshot()).decode()


if __name__ == "__main__":
    main()
