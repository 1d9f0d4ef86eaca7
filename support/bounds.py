"""How much of an answer is read: a target may send more than fits into memory, or JSON deeper than any stack."""

from __future__ import annotations

import json
import threading
import weakref
import zlib
from collections.abc import Iterator
from typing import Any

MIB = 1024 * 1024
LISTS_HOLD = 4
KEPT_TOGETHER = 32
DEEPEST = 100
MOST_VALUES = 2_000_000
MOST_HEADERS = 100  # as in http.client, which one of the clients uses
BYTES_A_VALUE = 64
SMALL = 64 * 1024
ALWAYS_TAKEN = 256 * 1024
CONTAINERS = (dict, list)
GZIP, ZLIB_OR_GZIP, RAW_DEFLATE = 31, 47, -15
ENCODINGS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": ZLIB_OR_GZIP}


class TooMuch(ValueError):
    """An answer exceeds a bound; the text says which."""


TOGETHER = "the answers that are held at one time exceed"


class Bounds:
    """Limits in bytes: for one answer, and for all answers together that the clients read or keep at one time."""

    def __init__(self, largest_mib: float) -> None:
        self.largest = int(largest_mib * MIB)
        self._kept = 0
        self._lock = threading.Lock()
        self._parsed: list[tuple[weakref.ref[Any], weakref.finalize[Any, Any]]] = []

    def largest_of(self, is_list: bool) -> int:
        """Return how many bytes the body of an answer may have: four times as many for a list of users."""
        return self.largest * (LISTS_HOLD if is_list else 1)

    def check_room(self, size: int, counted: int = 0) -> None:
        """Raise TooMuch if `size` bytes, of which `counted` are already counted, do not fit beside all others.

        256 KiB always fit. Answers that were parsed are forgotten first: their bodies can be parsed again.
        """
        most = self.largest * KEPT_TOGETHER
        if size > ALWAYS_TAKEN and self._kept - counted + size > most:
            self._forget_parsed()
            if self._kept - counted + size > most:
                raise TooMuch(f"{TOGETHER} {most // MIB} MiB together, {KEPT_TOGETHER} times MAX_ANSWER_MB")

    def count(self, owner: object, size: int) -> weakref.finalize[Any, Any] | None:
        """Count `size` bytes, if they are more than 64 KiB, for as long as `owner` exists."""
        if size <= SMALL:
            return None
        self._add(size)
        counted = weakref.finalize(owner, self._add, -size)
        counted.atexit = False
        return counted

    def count_parsed(self, owner: object, size: int) -> None:
        """Count what the body of an answer was parsed into, which its `document` keeps."""
        if counted := self.count(owner, size):
            self._parsed = [one for one in self._parsed if one[1].alive]
            self._parsed.append((weakref.ref(owner), counted))

    def _forget_parsed(self) -> None:
        parsed, self._parsed = self._parsed, []
        for owner, counted in parsed:
            getattr(owner(), "__dict__", {}).pop("document", None)
            counted()

    def _add(self, size: int) -> None:
        with self._lock:
            self._kept += size


BOUNDS = Bounds(largest_mib=8)


class Body:
    """The body of one answer while it is read, decoded as its Content-Encoding says."""

    def __init__(self, encoding: str | None, is_list: bool) -> None:
        self._most = BOUNDS.largest_of(is_list)
        self._window = ENCODINGS.get((encoding or "").strip().lower(), 0)
        self._inflater: Any = zlib.decompressobj(self._window) if self._window else None
        self._parts: list[bytes] = []
        self._size = self._counted = 0

    def add(self, octets: bytes) -> None:
        """Add received bytes; raises TooMuch beyond a bound, and zlib.error if they are wrongly encoded."""
        for part in self._decoded(octets) if self._window else (octets,):
            self._parts.append(part)
            self._size += len(part)
            if self._size > self._most:
                raise TooMuch(f"the body is larger than the {self._most / MIB:g} MiB that MAX_ANSWER_MB allows")
            BOUNDS.check_room(self._size, self._counted)
            if self._size - self._counted > ALWAYS_TAKEN:
                BOUNDS.count(self, self._size - self._counted)
                self._counted = self._size

    def whole(self) -> bytes:
        return b"".join(self._parts)

    def _decoded(self, octets: bytes) -> Iterator[bytes]:
        """Yield decoded bytes, a part at a time."""
        part = b""
        while octets or len(part) == SMALL:  # after a full part, the decoder may hold more
            if self._inflater.eof:  # one stream may follow another (RFC 1952, 2.2)
                if not octets:
                    return
                self._inflater = zlib.decompressobj(self._window)
            yield (part := self._inflate(octets))
            octets = self._inflater.unconsumed_tail or self._inflater.unused_data

    def _inflate(self, octets: bytes) -> bytes:
        try:
            return bytes(self._inflater.decompress(octets, SMALL))
        except zlib.error:
            if self._window != ZLIB_OR_GZIP or self._size:
                raise
            self._window = RAW_DEFLATE  # some servers call raw deflate "deflate"
            self._inflater = zlib.decompressobj(RAW_DEFLATE)
            return bytes(self._inflater.decompress(octets, SMALL))


def parsed(body: bytes, owner: object) -> Any:
    """Parse a body, and count its values while `owner` exists; raises ValueError for no JSON or beyond a bound."""
    containers = body.count(b"{") + body.count(b"[")
    values = containers + body.count(b",")
    if values > MOST_VALUES:
        raise TooMuch(f"the body holds more than {MOST_VALUES} values")
    BOUNDS.check_room(values * BYTES_A_VALUE)
    try:
        value = json.loads(body)
        is_too_deep = containers > DEEPEST and _is_deeper(value, DEEPEST)
    except RecursionError:
        is_too_deep = True
    if is_too_deep:
        raise TooMuch(f"the body is nested more than {DEEPEST} levels deep")
    BOUNDS.count_parsed(owner, values * BYTES_A_VALUE)
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a JSON value has more levels of arrays and objects than these; looks level by level, not by recursion."""
    level = [value] if type(value) in CONTAINERS else []
    for _ in range(levels):
        if not level:
            return False
        inside = (one.values() if type(one) is dict else one for one in level)
        level = [inner for values in inside for inner in values if type(inner) in CONTAINERS]
    return bool(level)
