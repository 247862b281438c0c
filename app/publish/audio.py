"""The announcement as sound for a telephone system: 8 kHz, one channel, 16-bit PCM in a WAV file, or raw mu-law.

Spoken by espeak-ng on this machine, or by Amazon Polly where a voice is set up. Both programs get a
list of arguments and the text on standard input: nothing of it is ever read by a shell.
"""

import subprocess
import wave
from collections.abc import Mapping, Sequence
from enum import StrEnum
from io import BytesIO
from typing import Any

from app.domain.errors import RefusedError, UnavailableError

RATE = 8_000
"""Samples a second: what a telephone line carries (ITU-T G.711), and the only WAV that Asterisk plays."""

TEXT_MOST = 3_000
"""Characters: Polly takes no more at once, and an announcement has a seventh of it."""

SECONDS_MOST = 20.0
"""For each program, before it is ended."""

_ESPEAK_VOICES = {"en": "en-us", "es": "es-419"}
_PCM = ("-t", "raw", "-r", str(RATE), "-e", "signed-integer", "-b", "16", "-L", "-c", "1")
_MU_LAW = ("-t", "raw", "-r", str(RATE), "-e", "mu-law", "-b", "8", "-c", "1")
_LEVEL = ("gain", "-n", "-3")
"""Three decibels below full, so that no telephone exchange clips it."""


class AudioForm(StrEnum):
    """What the sound is written as."""

    WAV = "wav"
    MU_LAW = "ulaw"

    @property
    def media_type(self) -> str:
        """Its type; mu-law without a head is what RFC 4856 calls audio/PCMU at 8 kHz, one channel."""
        return "audio/wav" if self is AudioForm.WAV else "audio/basic"


def speech(text: str, code: str, form: AudioForm, polly_voices: Mapping[str, str] | None = None) -> bytes:
    """The text read aloud in that language, as a file of that form.

    `polly_voices` are names of Amazon's voices by language ("Joanna"); the others are spoken here.

    Raises:
        RefusedError: there is nothing to say, or more than can be said at once.
        UnavailableError: a program is not installed or failed, or Polly did not answer.
    """
    if not text.strip() or len(text) > TEXT_MOST:
        raise RefusedError(f"Give 1 to {TEXT_MOST:,} characters to read aloud; these are {len(text):,}.")
    voice = (polly_voices or {}).get(code)
    pcm = _by_polly(text, voice) if voice else _by_espeak(text, code)
    return _wav(pcm) if form is AudioForm.WAV else _run(("sox", *_PCM, "-", *_MU_LAW, "-"), pcm, "sox")


def _by_espeak(text: str, code: str) -> bytes:
    """PCM at telephone rate. espeak-ng cannot know the length when it writes its head, so sox ignores that."""
    speak = ("espeak-ng", "-v", _ESPEAK_VOICES.get(code, code), "-b", "1", "--stdin", "--stdout")
    sound = _run(speak, text.encode(), "espeak-ng")
    return _run(("sox", "-t", "wav", "--ignore-length", "-", *_PCM, "-", *_LEVEL), sound, "sox")


def _run(command: Sequence[str], given: bytes, package: str) -> bytes:
    """What the program wrote. `package` is Debian's, for whoever has to install it."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS_MOST, check=True)  # noqa: S603
    except FileNotFoundError:
        raise UnavailableError(
            f"Sound needs the program {command[0]}. Install Debian's package {package} on this host."
        ) from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{command[0]} took longer than {SECONDS_MOST:.0f} seconds and was ended.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[-200:]
        raise UnavailableError(f"{command[0]} could not do it: {said or error.returncode}") from None
    return done.stdout


def _by_polly(text: str, voice: str) -> bytes:
    """PCM at telephone rate from Amazon, with boto3's own credentials and region."""
    # Imported here: boto3 takes memory that a web process does without.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    patience = Config(connect_timeout=5, read_timeout=SECONDS_MOST, retries={"total_max_attempts": 2})
    try:
        client: Any = boto3.client("polly", config=patience)
        answer = client.synthesize_speech(Text=text, OutputFormat="pcm", SampleRate=str(RATE), VoiceId=voice)
        with answer["AudioStream"] as stream:
            return bytes(stream.read())
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(f"Amazon Polly did not speak: {error}") from error


def _wav(pcm: bytes) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(pcm)
    return file.getvalue()
