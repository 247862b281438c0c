"""Sealed files: what went in comes out, and nothing else ever does."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.store.sealed_files import PIECE, SealedReader, SealedWriter

SECRET = "a secret of more than thirty-two characters"
SIZES = st.sampled_from([0, 1, 17, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])


def sealed(body: bytes, secret: str = SECRET) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, secret)
    for start in range(0, len(body), 50_000):
        writer.write(body[start : start + 50_000])
    writer.finish()
    return file.getvalue()


def opened(content: bytes, secret: str = SECRET) -> bytes:
    return SealedReader(io.BytesIO(content), secret).read()


def body_of(size: int) -> bytes:
    return bytes(range(256)) * (size // 256) + b"x" * (size % 256)


WHOLE = sealed(body_of(2 * PIECE + 100))


@given(SIZES)
def test_what_went_in_comes_out(size):
    assert opened(sealed(body_of(size))) == body_of(size)


@given(st.lists(st.integers(1, PIECE + 9), min_size=1, max_size=9))
def test_it_comes_out_alike_in_whatever_portions_it_is_read(portions):
    reader = SealedReader(io.BytesIO(WHOLE), SECRET)
    read = b"".join(reader.read(size) for size in portions) + reader.read()
    assert read == body_of(2 * PIECE + 100)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_off_at_any_byte_is_refused(length):
    with pytest.raises(RefusedError, match=r"damaged|no backup"):
        opened(WHOLE[:length])


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_a_file_cut_off_exactly_between_two_pieces_is_refused(pieces):
    with pytest.raises(RefusedError, match="damaged"):
        opened(WHOLE[: 84 + pieces * (PIECE + 16)])


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_a_bit_turned_over_anywhere_is_refused(place, bit):
    changed = bytearray(WHOLE)
    changed[place] ^= 1 << bit
    with pytest.raises(RefusedError, match=r"damaged|no backup"):
        opened(bytes(changed))


def test_pieces_that_changed_places_are_refused():
    first, second = WHOLE[84 : 84 + PIECE + 16], WHOLE[84 + PIECE + 16 : 84 + 2 * (PIECE + 16)]
    with pytest.raises(RefusedError, match="damaged"):
        opened(WHOLE[:84] + second + first + WHOLE[84 + 2 * (PIECE + 16) :])


@given(st.binary(min_size=1, max_size=200))
def test_something_added_at_the_end_is_refused(more):
    with pytest.raises(RefusedError, match="damaged"):
        opened(WHOLE + more)


def test_another_secret_is_told_apart_from_damage():
    with pytest.raises(RefusedError, match="key is not the one"):
        opened(WHOLE, "another secret, also of thirty-two characters")


@given(st.binary(max_size=300))
def test_any_other_file_is_refused(content):
    with pytest.raises(RefusedError, match=r"no backup|damaged or cut off"):
        opened(content)


def test_two_files_of_the_same_body_have_nothing_in_common():
    one, other = sealed(b"the same"), sealed(b"the same")
    assert one[20:] != other[20:]
    assert b"the same" not in one
