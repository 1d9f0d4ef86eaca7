"""No answer exhausts memory or time: a failure names the exceeded bound, and the next call is served."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support import bounds
from support.bounds import BOUNDS, DEEPEST, MIB, Body, TooMuch
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Answer, Exchange
from support.tests.conftest import Script
from support.tests.http.clients import Client, api_at, outcomes_of
from support.tests.scripted import Act, Wire, answer, head, packed, raw

LARGEST = 64 * 1024
FINE = answer(200, [])
ZEROS = b'"' + b"0" * (20 * MIB) + b'"'


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.cls is not TestDepth:
        monkeypatch.setattr(BOUNDS, "largest", LARGEST)


def read(api: UsersApi) -> Operation[Exchange]:
    return api.read("7")


def deflated(octets: bytes, window: int) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(octets) + packer.flush()


def endless(before: bytes, again: bytes) -> Act:
    """Send octets until the client is gone."""

    def act(wire: Wire) -> bool:
        wire.socket.sendall(before)
        while not wire.over.is_set():
            wire.socket.sendall(again * 1000)
        return False

    return act


JSON_HEAD = head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})

TOO_LARGE = {
    "as announced": answer(200, body=ZEROS),
    "without a length": raw(b"HTTP/1.0 200 OK\r\n\r\n" + ZEROS),
    "in endless chunks": endless(JSON_HEAD, b"4\r\nabcd\r\n"),
    "packed by gzip": packed(200, ZEROS),
    "packed by gzip many times": answer(200, body=gzip.compress(b"0" * 9000) * 9, headers={"Content-Encoding": "gzip"}),
    "deflated": answer(200, body=zlib.compress(ZEROS), headers={"Content-Encoding": "deflate"}),
}


@pytest.mark.parametrize("act", TOO_LARGE.values(), ids=list(TOO_LARGE))
def test_a_body_beyond_the_bound_is_dropped_from_the_answer(client: Client, script: Script, act: Act) -> None:
    server = script(act, FINE)
    came = client.run(read(api_at(server.url))).answer
    assert came is not None
    assert (came.status, came.body) == (200, b"")
    assert "MAX_ANSWER_MB" in came.excess
    with pytest.raises(TooMuch):
        came.json()
    assert outcomes_of(client.run(read(api_at(server.url)))) == [200]


HEADERS = {
    "one long line": raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * MIB + b"\r\n\r\n"),
    "short ones": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n"),
    "many": raw(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 20_000 + b"\r\n"),
    "no end": endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
}


@pytest.mark.parametrize("act", HEADERS.values(), ids=list(HEADERS))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_header_section_beyond_the_bound_is_not_retried(
    client: Client, script: Script, act: Act, method: str
) -> None:
    server = script(act, FINE)
    api = api_at(server.url)
    assert outcomes_of(client.run(api.send(api.call(method, api.url_of("7"))))) == [
        (True, "the header section of the answer is too large")
    ]
    assert outcomes_of(client.run(read(api))) == [200]


def test_an_endless_chunk_length_is_a_failure(client: Client, script: Script) -> None:
    outcome = outcomes_of(client.run(read(api_at(script(endless(JSON_HEAD, b"0")).url, attempts=1))))[0]
    assert outcome != 200


@pytest.mark.parametrize("octets", [b'{"id": "7"}', b'{"id": "7", "name": "' + b"x" * 60_000 + b'"}'], ids=len)
@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, "gzip"),
        (gzip.compress, "X-GZIP"),
        (zlib.compress, "deflate"),
        (lambda octets: deflated(octets, -15), "deflate"),
        (lambda octets: gzip.compress(octets[:5]) + gzip.compress(octets[5:]), "gzip"),
        (bytes, "identity"),
    ],
    ids=["gzip", "x-gzip", "deflate", "raw deflate", "two streams", "as it is"],
)
def test_a_body_within_the_bound_is_read_whole(
    client: Client, script: Script, octets: bytes, pack: Callable[[bytes], bytes], encoding: str
) -> None:
    came = client.run(read(api_at(script(answer(200, body=pack(octets), headers={"Content-Encoding": encoding})).url)))
    assert came.answer is not None
    assert (came.answer.body, came.answer.excess) == (octets, "")


@pytest.mark.parametrize("size", [65_536, 65_537, 65_800])
def test_a_raw_deflate_body_that_fills_the_decoder_keeps_its_end(size: int) -> None:
    body = Body("deflate", is_list=True)
    body.add(deflated(bytes(size), -15))
    assert len(body.whole()) == size


def test_a_list_may_be_larger(client: Client, script: Script) -> None:
    users = b"[" + b" " * (2 * LARGEST) + b"]"
    api = api_at(script(answer(200, body=users), answer(200, body=users)).url)
    for operation, is_taken in ((api.list(), True), (api.read("7"), False)):
        came = client.run(operation).answer
        assert came is not None
        assert (came.excess == "") is is_taken


class TestDepth:
    @pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 100_000])
    @pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
    def test_a_body_nested_too_deeply_is_no_json(self, levels: int, opened: bytes, closed: bytes) -> None:
        with pytest.raises(TooMuch, match="nested more than 100 levels"):
            Answer(200, {}, opened * levels + b"1" + closed * levels, 0.0).json()

    def test_a_body_of_the_greatest_depth_is_json(self) -> None:
        value: Any = Answer(200, {}, b"[" * DEEPEST + b"]" * DEEPEST, 0.0).json()
        for _ in range(DEEPEST - 1):
            (value,) = value
        assert value == []

    def test_many_siblings_are_not_deep(self) -> None:
        assert len(Answer(200, {}, b"[" + b"{}," * 5000 + b"{}]", 0.0).json()) == 5001

    def test_too_many_values_are_refused(self) -> None:
        with pytest.raises(TooMuch, match="values"):
            Answer(200, {}, b"[" + b"{}," * bounds.MOST_VALUES + b"{}]", 0.0).json()


class TestTogether:
    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
        """Large answers that use up the bound for all answers together."""
        monkeypatch.setattr(BOUNDS, "largest", MIB)
        kept = [Answer(200, {}, bytes(MIB), 0.0) for _ in range(bounds.KEPT_TOGETHER)]
        yield kept
        kept.clear()

    def test_one_more_large_answer_exceeds_the_bound(
        self, client: Client, script: Script, answers: list[Answer]
    ) -> None:
        size = bounds.ALWAYS_TAKEN
        api = api_at(script(answer(200, body=b" " * (size + 1))).url)
        assert answers
        with pytest.raises(TooMuch, match="together"):
            BOUNDS.check_room(size + 1)
        BOUNDS.check_room(size)
        came = client.run(api.list()).answer
        assert came is not None
        assert "together" in came.excess

    def test_a_discarded_answer_makes_room(self, answers: list[Answer]) -> None:
        answers.clear()
        BOUNDS.check_room(MIB)

    def test_parsed_answers_are_forgotten_to_make_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = bounds.Bounds(largest_mib=1)
        monkeypatch.setattr(bounds, "BOUNDS", own)
        kept = [Answer(200, {}, b"[" + b"0," * 20_000 + b"0]", 0.0) for _ in range(bounds.KEPT_TOGETHER)]
        documents = [len(each.document) for each in kept]
        assert sum("document" in vars(each) for each in kept) < len(kept)
        assert documents == [len(each.document) for each in kept]

    def test_concurrent_bodies_count_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = bounds.Bounds(largest_mib=1)  # answers of other tests may still be counted in the common ones
        monkeypatch.setattr(bounds, "BOUNDS", own)
        bodies = [Body(None, is_list=True) for _ in range(bounds.KEPT_TOGETHER)]
        for body in bodies:
            body.add(bytes(MIB))
        with pytest.raises(TooMuch, match="together"):
            body.add(bytes(MIB))
        del bodies, body
        own.check_room(MIB)
