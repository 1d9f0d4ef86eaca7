"""The ASGI application: reads a whole request, passes it on, injects faults, writes the answer."""

from typing import Protocol

from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from support.sandbox.control import CONTROL, Control
from support.sandbox.exchange import Call
from support.sandbox.faults import Faults
from support.sandbox.injection import inject
from support.sandbox.intake import BODY_LIMIT
from support.sandbox.stats import Stats
from support.sandbox.wire import Wire

_NO_RESPONSE = Response()


class Resource(Protocol):
    """Answers requests for users: see `Api`."""

    path: str

    async def handle(self, call: Call) -> Response:
        """Carry out one request."""


class App:
    """The ASGI application: the users resource and, if it is enabled, the control resource."""

    def __init__(self, api: Resource, faults: Faults, stats: Stats, control: Control | None) -> None:
        self.api = api
        self.faults = faults
        self.stats = stats
        self.control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. It is ignored if its client disconnects before the end of the body."""
        method, path = scope["method"], scope["path"]
        call = Call(method, self._user_id(path), self.query(scope["query_string"]), Headers(raw=scope["headers"]))
        controls = self.control is not None and path.startswith(CONTROL)
        if not controls:
            self.stats.arrived()
        try:
            call.body = await _read_body(receive)
        except ClientDisconnect:
            return
        if not controls:
            self.stats.read(method)
        wire = Wire(scope, receive, send)
        if self.control is not None and controls:
            await wire.answer(self.control.handle(path[len(CONTROL) :], call))
        elif self.faults.present:
            await self._serve_faultily(call, wire)
        else:
            await self.write(call, wire, await self._work(call))

    async def _work(self, call: Call) -> Response:
        response = await self.api.handle(call)
        self.stats.worked(call.method, response.status_code)
        return response

    async def _serve_faultily(self, call: Call, wire: Wire) -> None:
        drawn = self.faults.draw(call.method)
        for fault in drawn:
            if fault.kind == "late-deletion":
                call.deletion_delay_s = fault.seconds
            elif fault.when == "before" and await inject(fault, wire, _NO_RESPONSE):
                return
        response = await self._work(call)
        for fault in drawn:
            if fault.when == "after" and await inject(fault, wire, response):
                return
        await self.write(call, wire, response)

    async def write(self, call: Call, wire: Wire, response: Response) -> None:  # noqa: ARG002  a twist asks
        """Send what the API answers."""
        await wire.answer(response)

    def query(self, octets: bytes) -> QueryParams:
        """Read the query of a URL, where a plus is a space."""
        return QueryParams(octets)

    def _user_id(self, path: str) -> str | None:
        collection = self.api.path
        if path == collection:
            return None
        return path[len(collection) + 1 :] if path.startswith(collection + "/") else ""


async def _read_body(receive: Receive) -> bytes:
    """Read a body to its end, or to where it is too long."""
    body = b""
    while len(body) <= BODY_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body
