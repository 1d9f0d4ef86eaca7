"""Oversized answers: bodies, depths, header sections and waits that a client must bound itself."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from starlette.responses import Response

from support.tests.hostile.answers import (
    Act,
    again,
    changed,
    created,
    head,
    listed,
    octets,
    once_in,
    poured,
    read,
    read_by_head,
    striking,
    with_body,
    with_rewritten_head,
)
from support.tests.hostile.rows import FOUND, HEADS, LIFE, PASSED, RED, Row
from support.tests.hostile.server import Hostile

MIB = 1 << 20
LEVELS = 100_000
HUGE_MIB, BOMB_MIB = 200, 10_240
DRIP_S = 0.2
DIGITS = "9" * 5_000
HURRIED = {"RETRY_ATTEMPTS": "1", "DELETE_DEADLINE_S": "0.3", "CLEANUP_DEADLINE_S": "3"}
IMPATIENT = {**HURRIED, "REQUEST_TIMEOUT_S": "1", "RETRY_DEADLINE_S": "1.5"}
PATIENT = {**IMPATIENT, "CLEANUP_DEADLINE_S": "10"}
"""For rows after which the users can be deleted, on a busy machine in more time."""


def a_huge_text() -> Act:
    """Answer with one text of 200 MiB in a field."""
    before, after = b'[{"id": "1", "name": "', b'"}]'
    length = len(before) + HUGE_MIB * MIB + len(after)
    start = head(length=length) + before
    return poured(lambda: itertools.chain([start], again(b"a" * MIB, HUGE_MIB), [after]))


def a_bomb(coding: str) -> Act:
    """Answer with ten megabytes that decode to ten gigabytes."""
    start = head("HTTP/1.1 200 OK", f"Content-Encoding: {coding}", "Connection: close")
    return poured(lambda: itertools.chain([start], _bomb(coding)))


@cache
def _bomb(coding: str) -> list[bytes]:
    """Return ten gigabytes of text, compressed; the checksum is wrong, but no client reads that far."""
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    start = packer.compress(b'[{"id": "1", "name": "') + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(b"a" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return [start, *[part] * BOMB_MIB, packer.compress(b'"}]') + packer.flush()]


def endless_chunks() -> Iterator[bytes]:
    """Begin a list, and send spaces forever."""
    yield head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"1\r\n[\r\n"
    yield from itertools.repeat(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def dripping() -> Iterable[bytes]:
    """Begin a list, and send a space at intervals."""
    return itertools.chain([head(length=10_000) + b"["], itertools.repeat(b" "))


def endless_interim() -> Iterable[bytes]:
    """Send interim responses forever."""
    return itertools.repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


def a_head_of(lines: Iterable[str]) -> Callable[[bytes], bytes]:
    """Return a function that adds lines to a header section."""
    added = "".join(f"\r\n{line}" for line in lines).encode()
    return lambda head: head + added


def another_status(line: str) -> Callable[[bytes], bytes]:
    """Return a function that replaces the status line."""
    return lambda head: line.encode() + head[head.index(b"\r\n") :]


def deep(before: str, opening: str, closing: str) -> Callable[[Response], Response]:
    """Return a change that replaces a body by a hundred thousand levels."""
    after = {"[": "]", "{": "}"}.get(before[:1], "")
    return with_body(f"{before}{opening * LEVELS}1{closing * LEVELS}{after}".encode())


def another_length(length: str) -> Callable[[bytes], bytes]:
    def rewrite(head: bytes) -> bytes:
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        return b"\r\n".join([*lines, f"Content-Length: {length}".encode()])

    return rewrite


BODIES = (
    ("200 MB of text", a_huge_text()),
    ("a gzip of 10 GB", a_bomb("gzip")),
    ("chunks without end", poured(endless_chunks)),
)
DEPTHS = (
    ("objects", deep("", '{"a":', "}")),
    ("lists in a field", deep('{"id": "1", "name": "Ada", "email": ', "[", "]")),
    ("objects in a list", deep("[", '{"id":', "}")),
)
HEADERS = (
    ("10 MB in a header", a_head_of([f"X-Long: {'a' * 10 * MIB}"])),
    ("10 MB of headers", a_head_of(f"X-{number}: {'a' * 60_000}" for number in range(170))),
    ("10,000 headers", a_head_of(f"X-{number}: a" for number in range(10_000))),
    ("a reason of 10 MB", another_status(f"HTTP/1.1 200 {'O' * 10 * MIB}")),
    ("HTTP/9.9", another_status("HTTP/9.9 200 OK")),
    ("a length of -1", another_length("-1")),
    ("a length of 5,000 digits", another_length(DIGITS)),
    ("10,000 cookies", a_head_of(f"Set-Cookie: c{number}=a; Path=/" for number in range(10_000))),
)
STATUSES = (
    ("a status of 5,000 digits", another_status(f"HTTP/1.1 {DIGITS} OK")),
    ("status 99999", another_status("HTTP/1.1 99999 OK")),
    ("status -200", another_status("HTTP/1.1 -200 OK")),
    ("status 200 in another script", another_status("HTTP/1.1 \u0662\u0660\u0660 OK")),
)
WAITS = (
    ("5,000 digits", DIGITS),
    ("-1", "-1"),
    ("nan", "nan"),
    ("a date of ten digits", "Fri, 31 Dec 9999999999 23:59:59 GMT"),
)
SLOWLY = poured(dripping, DRIP_S)
EVERYWHERE = (("create", created), ("read", read), ("list", listed))


def busy(wait: str) -> Hostile:
    """Answer every third read by 503 with this Retry-After."""
    return striking(once_in(3, read), octets(head("HTTP/1.1 503 Busy", f"Retry-After: {wait}", length=0)))


ROWS = (
    *(
        Row(f"{where} is {what}", striking(place, act), LIFE, RED, settings=HURRIED)
        for what, act in BODIES
        for where, place in EVERYWHERE
    ),
    *(
        Row(f"{where} comes a byte at a time", striking(place, SLOWLY), LIFE, RED | {PASSED}, settings=IMPATIENT)
        for where, place in EVERYWHERE
    ),
    Row("read is a deflate of 10 GB", striking(read, a_bomb("deflate")), LIFE, RED, settings=HURRIED),
    Row("read is interim answers without end", striking(read, poured(endless_interim)), LIFE, RED, settings=PATIENT),
    *(
        Row(f"{where} is 100,000 levels of {what}", changed(change, place), LIFE, FOUND)
        for what, change in DEPTHS
        for where, place in EVERYWHERE
    ),
    *(
        Row(f"read has {what}", with_rewritten_head(read, rewrite), LIFE, RED | {PASSED}, settings=PATIENT)
        for what, rewrite in HEADERS + STATUSES
    ),
    *(
        Row(
            f"HEAD has {what}",
            with_rewritten_head(read_by_head, rewrite),
            HEADS,
            FOUND,
            rule="head",
            settings=IMPATIENT,
        )
        for what, rewrite in STATUSES
    ),
    *(Row(f"Retry-After is {what}", busy(wait), LIFE, RED | {PASSED}) for what, wait in WAITS),
)
