"""If-Match for targets that demand it: each change of a user names the ETag that the user had last."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from http import HTTPStatus

from support.http.operations import Operation
from support.models import Call, Exchange
from support.statuses import is_success

TRIES = 12
"""How often a change is sent again: up to nine other requests may change the same user meanwhile, each once."""
Send = Callable[[Call], Operation[Exchange]]


@dataclass(frozen=True)
class Conditions:
    """`etags` holds the last ETag of each user, by URL; requests of these `methods` must send it."""

    methods: Collection[str]
    etags: dict[str, str]

    def note(self, exchange: Exchange) -> None:
        """Remember the ETag that a user has now; after a change whose answer has no ETag, it is unknown."""
        answer, call = exchange.answer, exchange.call
        if not self.methods or answer is None or not is_success(answer.status):
            return
        if etag := answer.header("ETag"):
            self.etags[call.url] = etag
        elif call.method != "GET":
            self.etags.pop(call.url, None)

    def applied(self, call: Call, send: Send) -> Operation[Exchange]:
        """Send a call with the user's last ETag; while the target answers 412, read the user and send the call again.

        A call that already has an If-Match is sent as it is.
        """
        if call.method not in self.methods or "If-Match" in call.headers:
            return (yield from send(call))
        if call.url not in self.etags:
            yield from self._read(call, send)
        exchange = yield from send(self._conditional(call))
        for _ in range(TRIES):
            if exchange.status != HTTPStatus.PRECONDITION_FAILED:
                break
            yield from self._read(call, send)
            exchange = yield from send(self._conditional(call))
        return exchange

    def _read(self, call: Call, send: Send) -> Operation[None]:
        headers = {name: value for name, value in call.headers.items() if name != "Content-Type"}
        yield from send(replace(call, method="GET", headers=headers, body=None))

    def _conditional(self, call: Call) -> Call:
        etag = self.etags.get(call.url)
        return call if etag is None else replace(call, headers={**call.headers, "If-Match": etag})
