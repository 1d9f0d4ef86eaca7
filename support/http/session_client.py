"""The session client: one call after another, over the pooled connections of an adapter of `requests`."""

from __future__ import annotations

import contextlib
import threading
import time
import zlib
from collections.abc import Callable
from typing import TypeVar

import requests
import urllib3

from support.bounds import BOUNDS, Body, TooMuch
from support.errors import Inconclusive
from support.http.deadline import LEAST_TIMEOUT_S, DeadlineAdapter, limit_next_call
from support.http.failures import failure_of
from support.http.operations import Driver, Operation, Renew, SendRequest, Sleep
from support.http.pacing import Pacer
from support.http.raw import exchange_raw
from support.http.route import DIRECT, Route
from support.models import ALWAYS_SENT, Answer, Call, Failure

T = TypeVar("T")
READ_SIZE = 64 * 1024
ROOM_FOR_HEADERS = 1024 * 1024

Exchanger = Callable[[SendRequest], Answer | Failure]
"""A way to send a call once."""


class SessionClient:
    """Executes operations with blocking calls; safe to share between threads.

    There is no `requests.Session`: it would follow redirects, which could send the token to another host, and keep
    cookies, which could let in a later call without a token. TLS certificates are verified.
    """

    def __init__(
        self, timeout_s: float, route: Route = DIRECT, pacer: Pacer | None = None, connections: int = 32
    ) -> None:
        self._timeout_s = timeout_s
        self.route = route
        self.pacer = pacer or Pacer()
        self._traffic = threading.Condition()
        self._in_flight = 0
        self._stopped = False
        self._proxies = {"all": route.proxy} if route.proxy else {}
        self._trusted = route.certificates or True
        self._adapter = DeadlineAdapter(pool_maxsize=connections)

    def run(self, operation: Operation[T], of_group: bool = False, exchange: Exchanger | None = None) -> T:
        """Execute an operation and return its result.

        `of_group` says that the operation's group has already waited for the turn of the first request.
        `exchange` is another way to send a call, such as on a connection of its own.
        """
        driver = Driver(operation)
        for effect in driver:
            if isinstance(effect, Sleep):
                time.sleep(effect.seconds)
            elif isinstance(effect, Renew):
                effect.source.renew(effect.refused)
            else:
                driver.outcome = self._send(effect, of_group, exchange or self._exchange)
                of_group = False
        return driver.result

    def wait_for_turn(self, count: int = 1) -> None:
        """Wait until the API takes so many requests at once."""
        with contextlib.closing(self.pacer.turns(count)) as turns:
            for wait_s in turns:
                with self._traffic:
                    self._traffic.wait_for(lambda: self._stopped, wait_s)
                    self._check_not_stopped()

    def stop(self) -> None:
        """Send nothing more, from any thread, and wait for the calls in flight."""
        with self._traffic:
            self._stopped = True
            self._traffic.notify_all()
            self._traffic.wait_for(lambda: self._in_flight == 0, self._timeout_s)

    def _check_not_stopped(self) -> None:
        if self._stopped:
            raise Inconclusive("the run is over: nothing is sent any more")

    def _send(self, send: SendRequest, of_group: bool, exchange: Exchanger) -> Answer | Failure:
        if not of_group:
            self.wait_for_turn()
        counted, outcome = False, None
        try:
            with self._traffic:
                self._check_not_stopped()
                self._in_flight += 1
                counted = True
            outcome = exchange(send)
            return outcome
        finally:
            self.pacer.note(outcome, of_group, send.call.credential)
            if counted:
                with self._traffic:
                    self._in_flight -= 1
                    self._traffic.notify_all()

    def _exchange(self, send: SendRequest) -> Answer | Failure:
        started, response = time.monotonic(), None
        timeout = max(LEAST_TIMEOUT_S, min(self._timeout_s, send.timeout_s))
        if send.call.method == "HEAD":
            return exchange_raw(send.call, timeout, self.route)
        limit_next_call(started + send.timeout_s, timeout, BOUNDS.largest_of(send.call.lists) + ROOM_FOR_HEADERS)
        try:
            response = self._adapter.send(
                self._prepared(send.call), timeout=timeout, verify=self._trusted, proxies=self._proxies
            )
            body, excess = _read_body(response, send.call)
        except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error, OSError, ValueError) as error:
            status = response.status_code if response is not None else None
            return failure_of(error, time.monotonic() - started, self.route, status)
        return Answer(response.status_code, dict(response.headers), body, time.monotonic() - started, excess)

    def _prepared(self, call: Call) -> requests.PreparedRequest:
        """Return the request as it is sent, without the cookies and credentials that a session or a URL would add."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(call.method)
        prepared.prepare_url(call.sent_url, None)
        prepared.prepare_headers({**ALWAYS_SENT, **call.sent_headers})
        prepared.prepare_body(call.body, None)
        return prepared

    def close(self) -> None:
        self._adapter.close()

    def __enter__(self) -> SessionClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read_body(response: requests.Response, call: Call) -> tuple[bytes, str]:
    """Return the body of an answer, or an empty one and the bound that it exceeds."""
    body = Body(response.headers.get("Content-Encoding"), call.lists)
    try:
        for octets in response.raw.stream(READ_SIZE, decode_content=False):
            body.add(octets)
    except TooMuch as beyond:
        response.close()
        return b"", str(beyond)
    return body.whole(), ""
