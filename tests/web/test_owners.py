"""Each application gets its own paths and what lies below them, and nothing else."""

import asyncio

import pytest

from app.web.owners import ByPath


def named(name: str):
    async def app(scope, receive, send) -> None:
        await send(name)

    return app


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/hooks", "hooks"),
        ("/hooks/twilio/message", "hooks"),
        ("/hooksaw", "rest"),
        ("/es/subscribe/sent", "sign-up"),
        ("/subscribe", "sign-up"),
        ("/", "rest"),
        ("/admin/hooks", "rest"),
    ],
)
def test_it_hands_a_path_to_its_owner(path, owner):
    said = []

    async def send(name) -> None:
        said.append(name)

    app = ByPath(named("rest"), {named("hooks"): ["/hooks"], named("sign-up"): ["/subscribe", "/es/subscribe"]})
    asyncio.run(app({"type": "http", "path": path}, None, send))
    assert said == [owner]
