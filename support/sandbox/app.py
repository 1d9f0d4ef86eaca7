"""The outermost part: reads a request whole, hands it to the API, writes the answer."""

from functools import partial

from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from support.sandbox.api import Api
from support.sandbox.exchange import Call, Refusal

BODY_LIMIT = 256 * 1024


class App:
    """The ASGI application."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. A request whose body never ends is as if it had never come."""
        call = Call(
            scope["method"],
            self._user_id(scope["path"]),
            QueryParams(scope["query_string"]),
            Headers(raw=scope["headers"]),
        )
        try:
            response = await self.api.handle(call, partial(_read_body, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def _user_id(self, path: str) -> str | None:
        collection = self.api.path
        if path == collection:
            return None
        return path[len(collection) + 1 :] if path.startswith(collection + "/") else ""


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            close = {"connection": "close"}  # what is left of the body is not read
            raise Refusal(413, "Content Too Large", f"A body has at most {BODY_LIMIT} bytes.", close)
        if not message.get("more_body", False):
            return bytes(body)
