"""Bytes, unpacked and read within bounds."""

import gzip
import math
import tracemalloc

import pytest

from accounts.intake.bodies import LARGEST_BATCH, loaded, unpacked
from accounts.intake.reasons import Rejected


def reason_of(function, *arguments):
    with pytest.raises(Rejected) as rejected:
        function(*arguments)
    return str(rejected.value.reason)


def test_body_may_be_packed_also_in_parts():
    assert unpacked(b"{}", "", 10) == b"{}"
    assert unpacked(gzip.compress(b"{}"), "gzip", 10) == b"{}"
    assert unpacked(gzip.compress(b"{") + gzip.compress(b"}"), "x-gzip", 10) == b"{}"


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"{}", "br", "unknown_encoding"),
        (b"{}", "gzip", "broken_gzip"),
        (gzip.compress(b"{}", mtime=0)[:-6], "gzip", "broken_gzip"),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", "broken_gzip"),
        (b"x" * 11, "", "too_large"),
        (gzip.compress(b"x" * 11, mtime=0), "gzip", "too_large"),
        (gzip.compress(b"x" * 6, mtime=0) * 2, "gzip", "too_large"),
        (gzip.compress(b"", mtime=0) * 101, "gzip", "broken_gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(content, encoding, reason):
    assert reason_of(unpacked, content, encoding, 10) == reason


def test_bomb_takes_no_memory():
    bomb = gzip.compress(bytes(200 << 20))
    tracemalloc.start()

    reason = reason_of(unpacked, bomb, "gzip", LARGEST_BATCH)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reason == "too_large"
    assert peak < 4 * LARGEST_BATCH


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b'{"a": 1,}', "malformed"),
        (b'{"a": "\xff"}', "malformed"),
        ("{}".encode("utf-16"), "malformed"),
        (b'{"a": 1} {}', "malformed"),
        (b"[" * 2000 + b"]" * 2000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
        (b'["\\ud800",' + b"[" * 100_000, "too_deep"),
    ],
)
def test_what_is_no_json_is_refused(content, reason):
    assert reason_of(loaded, content) == reason


def test_what_is_wrong_in_one_call_is_still_read():
    half, endless, nan, long = loaded(b'["a\\ud800", 1e999, NaN, ' + b"9" * 5000 + b"]")

    assert (half, endless, long) == ("a\ud800", math.inf, math.inf)
    assert math.isnan(nan)
    assert loaded(b"\xef\xbb\xbf[NaN, 123456789012345678901234567890]")[1] == 123456789012345678901234567890.0
