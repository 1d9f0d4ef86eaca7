"""Users APIs of other makes: the embedded API in the shapes that frameworks give to users, refusals and lists."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from support.sandbox.api import Api
from support.sandbox.exchange import Call
from support.sandbox.serving import _open_store as open_store
from support.sandbox.store import Store

TOKEN = "ada:correct-horse"
WRITES = ("POST", "PUT", "PATCH")
Faults = dict[str, str]
Fields = dict[str, Any]
Wanted = Mapping[str, Callable[[Any], bool]]


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


class Numbered(Api):
    """The embedded API, with numbers as ids."""

    def __init__(self, store: Store, token: str, path: str) -> None:
        super().__init__(store, token, path)
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return str(next(self._numbers))


class Make:
    """The embedded API, in the shape of one framework; `wanted` are further fields of a create, with their checks."""

    collection = "/users"
    create_at: str | None = None
    methods: tuple[str, ...] = ("PUT", "PATCH")
    numbered = False
    media_types: tuple[str, ...] = ("application/json",)
    wanted: ClassVar[Wanted] = {}
    name = "name"
    invalid = 422

    def __init__(self) -> None:
        self.api = (Numbered if self.numbered else Api)(open_store(None), TOKEN, self.collection)
        self.others: dict[str, Fields] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self.serve(request, await request.body())
        await response(scope, receive, send)

    async def serve(self, request: Request, body: bytes) -> Response:
        method, path = request.method, request.url.path
        user_id = path.removeprefix(self.collection).strip("/") or None
        creates = method == "POST" and path.rstrip("/") == (self.create_at or self.collection)
        if not self.authenticated(request):
            return self.say(401, {"": "Who is this?"}, {"www-authenticate": "Bearer"})
        if method in ("PUT", "PATCH") and method not in self.methods:
            return self.say(405, {"": "Not here."}, {"allow": "GET"})
        if path != self.create_at and (not path.startswith(self.collection) or (method == "POST" and not creates)):
            return self.say(405 if user_id and path.startswith(self.collection) else 404, {"": "Nothing is here."})
        if method in WRITES and request.headers.get("content-type", "").split(";")[0] not in self.media_types:
            return self.say(415, {"": "This type is not supported."})
        return await self.carry_out(Call(method, None if creates else user_id, QueryParams(), Headers(), body), request)

    async def carry_out(self, call: Call, request: Request) -> Response:
        email = self.asked(request.query_params).get("email")
        call.query = QueryParams({} if email is None else {"email": email})
        call.headers = Headers({"authorization": f"Bearer {TOKEN}", "content-type": "application/json"})
        document: Any = None
        if call.method in WRITES:
            try:
                document = json.loads(call.body)
            except ValueError:
                return self.say(400, {"": "That is no JSON."})
            if faults := self.faults(call.method, document):
                return self.say(self.invalid, faults)
            call.body = json.dumps(self.fields(document)).encode()
        response = await self.api.handle(call)
        content: Any = json.loads(bytes(response.body) or b"null")
        if response.status_code >= 400:
            status = self.invalid if response.status_code in (400, 422) else response.status_code
            return self.say(status, {"": content["detail"]})
        if call.method == "POST":
            self.others[content["id"]] = document
        return self.answered(call, request, content, response)

    def answered(self, call: Call, request: Request, content: Any, response: Response) -> Response:
        """Answer with what was done."""
        headers = {key: value for key, value in response.headers.items() if key in ("location", "allow")}
        if isinstance(content, list):
            return JSONResponse(self.list(content, request, headers), 200, headers)
        if content is None:
            return Response(None, response.status_code)
        return JSONResponse(self.wrapped(call, self.user(content)), response.status_code, headers)

    # What a make does in its own way

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        return query

    def body(self, document: Any) -> Any:
        """Unwrap what is sent."""
        return document

    def fields(self, document: Any) -> Any:
        """Return the contract's fields."""
        sent = self.body(document)
        if not isinstance(sent, dict):
            return sent
        return {key: sent[theirs] for key, theirs in (("name", self.name), ("email", "email")) if theirs in sent}

    def faults(self, method: str, document: Any) -> Faults:
        """Return what is wrong with the further fields, by the field."""
        sent = self.body(document)
        if method != "POST" or not isinstance(sent, dict):
            return {}
        return {name: self.text(name, name in sent) for name, fits in self.wanted.items() if not fits(sent.get(name))}

    def text(self, name: str, present: bool) -> str:
        return f"{name} is invalid" if present else f"{name} is required"

    def user(self, user: Fields) -> Fields:
        return {"id": user["id"], self.name: user["name"], "email": user["email"], "createdAt": user["createdAt"]}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002  one make wraps creates otherwise
        return user

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002  some link in headers
        return [self.user(user) for user in users]

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"error": "; ".join(faults.values())}, status, headers)


def page_of(users: list[Fields], request: Request, page: str, size: str, usual: int, first: int = 1) -> list[Fields]:
    """Cut a list by a number of the page and its size."""
    length = min(int(request.query_params.get(size, usual)), 100)
    start = (int(request.query_params.get(page, first)) - first) * length
    return users[start : start + length]


def naive(user: Fields) -> str:
    return datetime.fromisoformat(user["createdAt"]).astimezone(UTC).replace(tzinfo=None).isoformat()
