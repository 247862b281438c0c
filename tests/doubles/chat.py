"""A chat's incoming webhook: keeps what was posted, and answers as Discord does."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Chat:
    """What came, by path, and how long the next answer takes."""

    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 204
    delay: float = 0.0

    async def answer(self, request: web.Request) -> web.Response:
        """Keep the message."""
        self.posted.append((request.path, await request.json()))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status)
