"""The announcement as sound: exactly what a telephone system plays, whoever speaks it."""

import os
import shutil
import struct
import subprocess
import sys
import wave
from io import BytesIO
from pathlib import Path

import pytest

from app.domain.errors import RefusedError, UnavailableError
from app.publish.audio import TEXT_MOST, AudioForm, speech
from app.publish.speech import phone_script
from tests.doubles.polly import Polly, polly
from tests.publish.snapshots import demo_snapshot

pytestmark = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("sox")),
    reason="Debian's packages espeak-ng and sox are not installed (make system)",
)
SCRIPT = {code: " ".join(phone_script(demo_snapshot(outage=True), code)) for code in ("en", "es")}
WORDS = "This is Test M L S. Everything is working."


def soxi(option: str, path: Path) -> str:
    return subprocess.run(["soxi", option, path], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_writes_the_one_wav_that_asterisk_plays(code: str, tmp_path: Path):
    path = tmp_path / "announcement.wav"
    path.write_bytes(speech(SCRIPT[code], code, AudioForm.WAV))
    facts = {option: soxi(option, path) for option in ("-t", "-r", "-c", "-b", "-e")}
    assert facts == {"-t": "wav", "-r": "8000", "-c": "1", "-b": "16", "-e": "Signed Integer PCM"}
    assert 20 < float(soxi("-D", path)) <= 30


def test_its_head_is_44_bytes_and_names_the_length_of_what_follows():
    sound = speech(WORDS, "en", AudioForm.WAV)
    assert sound[:4] + sound[8:16] + sound[36:40] == b"RIFFWAVEfmt data"
    assert struct.unpack("<I", sound[4:8])[0] == len(sound) - 8
    kind, channels, rate, per_second, block, bits = struct.unpack("<HHIIHH", sound[20:36])
    assert (kind, channels, rate, per_second, block, bits) == (1, 1, 8_000, 16_000, 2, 16)
    assert struct.unpack("<I", sound[40:44])[0] == len(sound) - 44


def test_its_mu_law_is_a_byte_a_sample_and_sounds_the_same(tmp_path: Path):
    pcm = speech(WORDS, "en", AudioForm.WAV)
    raw = tmp_path / "announcement.ulaw"
    raw.write_bytes(speech(WORDS, "en", AudioForm.MU_LAW))
    with wave.open(BytesIO(pcm)) as sound:
        samples = struct.unpack(f"<{sound.getnframes()}h", sound.readframes(sound.getnframes()))
    assert raw.stat().st_size == len(samples)
    back = ["sox", "-t", "raw", "-r", "8000", "-e", "mu-law", "-b", "8", "-c", "1", raw]
    decoded = subprocess.run([*back, "-t", "raw", "-e", "signed", "-b", "16", "-"], capture_output=True, check=True)
    heard = struct.unpack(f"<{len(samples)}h", decoded.stdout)
    # G.711: a step is at most a sixteenth of the level, and 8 near silence.
    assert all(abs(a - b) <= max(16, abs(a) / 16) for a, b in zip(samples, heard, strict=True))


def test_it_is_loud_and_never_clips():
    sound = speech(SCRIPT["en"], "en", AudioForm.WAV)[44:]
    loudest = max(abs(level) for level in struct.unpack(f"<{len(sound) // 2}h", sound))
    assert 20_000 < loudest < 26_000


@pytest.mark.parametrize("text", ["; touch pwned; $(touch pwned) `touch pwned`", "--help -w pwned", "-f /etc/passwd"])
def test_it_reads_words_aloud_and_runs_none_of_them(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert len(speech(text, "en", AudioForm.WAV)) > 8_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", " \n", "a" * (TEXT_MOST + 1)])
def test_it_refuses_nothing_and_too_much(text: str):
    with pytest.raises(RefusedError, match="1 to 3,000 characters"):
        speech(text, "en", AudioForm.WAV)


@pytest.mark.parametrize(("missing", "package"), [("espeak-ng", "espeak-ng"), ("sox", "sox")])
def test_it_names_the_package_that_is_missing(
    missing: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in {"espeak-ng", "sox"} - {missing}:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=f"Install Debian's package {package}"):
        speech(WORDS, "en", AudioForm.WAV)


def test_it_ends_a_program_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "espeak-ng").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("app.publish.audio.SECONDS_MOST", 0.3)
    with pytest.raises(UnavailableError, match="was ended"):
        speech(WORDS, "en", AudioForm.WAV)


def test_it_says_what_a_program_complained_of():
    with pytest.raises(UnavailableError, match="espeak-ng could not do it: Error: The specified espeak-ng voice"):
        speech(WORDS, "xx-none", AudioForm.WAV)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch):
    double = Polly()
    with polly(double) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield double


def test_it_has_polly_speak_where_a_voice_is_set_up(amazon: Polly, tmp_path: Path):
    path = tmp_path / "announcement.wav"
    path.write_bytes(speech(WORDS, "en", AudioForm.WAV, {"en": "Joanna"}))
    assert amazon.asked == [{"Text": WORDS, "OutputFormat": "pcm", "SampleRate": "8000", "VoiceId": "Joanna"}]
    assert (soxi("-r", path), soxi("-b", path), soxi("-D", path)) == ("8000", "16", "1.500000")
    assert len(speech(WORDS, "en", AudioForm.MU_LAW, {"en": "Joanna"})) == 12_000


def test_it_speaks_other_languages_itself(amazon: Polly):
    speech("Todo funciona.", "es", AudioForm.WAV, {"en": "Joanna"})
    assert amazon.asked == []


def test_it_says_that_polly_refused(amazon: Polly):
    with pytest.raises(UnavailableError, match=r"Amazon Polly did not speak: .*ValidationException"):
        speech(WORDS, "en", AudioForm.WAV, {"en": "Nobody"})
    assert amazon.asked == []


def test_it_loads_no_amazon_for_whoever_does_not_use_it():
    check = "import sys, app.publish.audio, app.publish.voice; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=Path(__file__).parents[2], env=os.environ).returncode == 0
