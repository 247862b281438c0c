"""Amazon Polly for the tests: it listens, and takes only what Amazon's own description of the service allows.

moto has no SynthesizeSpeech. The judge is the service model that ships with botocore: required fields,
kinds and the list of voices; and the documented rule that PCM comes at 8,000 or 16,000 samples.
"""

import json
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from aiohttp import web
from botocore.validate import ParamValidator

from tests.doubles.serving import serving

_OPERATION = botocore.session.Session().get_service_model("polly").operation_model("SynthesizeSpeech")
_TEXT_MOST = 3_000


@dataclass
class Polly:
    """The service: what it was asked, and how many seconds of a 440 Hz tone it answers with."""

    seconds: float = 1.5
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def speak(self, request: web.Request) -> web.Response:
        """SynthesizeSpeech."""
        asked = await request.json()
        fault = _fault(asked, request.headers.get("Authorization", ""))
        if fault:
            return web.Response(status=400, text=json.dumps({"message": fault}), headers={"x-amzn-ErrorType": fault})
        self.asked.append(asked)
        rate = int(asked["SampleRate"])
        tone = (int(12_000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(int(self.seconds * rate)))
        return web.Response(body=b"".join(struct.pack("<h", level) for level in tone), content_type="audio/pcm")


def _fault(asked: dict[str, Any], authorization: str) -> str:
    if not authorization.startswith("AWS4-HMAC-SHA256 Credential=") or "/polly/aws4_request" not in authorization:
        return "MissingAuthenticationToken"
    report = ParamValidator().validate(asked, _OPERATION.input_shape)
    if report.has_errors():
        return "ValidationException"
    if asked["VoiceId"] not in _OPERATION.input_shape.members["VoiceId"].enum:
        return "ValidationException"
    if asked["OutputFormat"] == "pcm" and asked.get("SampleRate", "16000") not in ("8000", "16000"):
        return "InvalidSampleRateException"
    return "TextLengthExceededException" if len(asked["Text"]) > _TEXT_MOST else ""


@contextmanager
def polly(double: Polly) -> Iterator[str]:
    """Serve it on this machine; its address."""
    app = web.Application()
    app.router.add_post("/v1/speech", double.speak)
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
