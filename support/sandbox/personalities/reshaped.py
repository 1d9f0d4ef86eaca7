"""The embedded API in other shapes, as many real APIs have them; it keeps every rule that the shape can express."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from support.sandbox.api import Api
from support.sandbox.checks import read_json, whole_number
from support.sandbox.exchange import Call, Refusal

_PAGE_SIZE = 5
_MOST = 50
_HIGHEST = 100

User = dict[str, Any]
Headers = dict[str, str]


class Dialect:
    """Translates requests into those of the contract, and answers from them."""

    parameters: Mapping[str, str] = MappingProxyType({})
    size = ""
    """The parameter for the size of a page."""

    def __init__(self, api: Api) -> None:
        self.path = api.path
        self._api = api

    async def handle(self, call: Call) -> Response:
        """Carry out one request."""
        call.query = QueryParams([(self.parameters.get(key, key), value) for key, value in call.query.multi_items()])
        call.body = self._translated(call.body)
        size = call.query.get(self.size) if self.size else ""
        if call.method == "GET" and size and whole_number(size, _HIGHEST) is None:
            refusal = Refusal(422, "Unprocessable Content", f"{self.size} must be a number from 1 to {_HIGHEST}")
            response = self._api.respond(call, self._api.refuse(refusal))
        else:
            response = await self._api.handle(call)
        content = json.loads(bytes(response.body)) if response.body else None
        headers = {key: value for key, value in response.headers.items() if key != "content-length"}
        status = response.status_code
        if status < 300 or content is not None:
            status, content = self.answer(call, status, content, headers)
        return Response(None if content is None else json.dumps(content), status, headers)

    def answer(self, call: Call, status: int, content: Any, headers: Headers) -> tuple[int, Any]:
        """Return the answer in this dialect; may add headers."""
        raise NotImplementedError

    def fields(self, document: Any) -> Any:
        """Return the contract's fields in a body."""
        return document

    def _translated(self, body: bytes) -> bytes:
        """Return a body in the contract's terms; one that is no JSON object is left to the API."""
        try:
            document = read_json(body)
        except ValueError:
            return body
        return json.dumps(self.fields(document)).encode() if isinstance(document, dict) else body


class JsonApi(Dialect):
    """JSON:API: wrapped users with attributes, times without offset, and a cursor in a link to the next page."""

    parameters = MappingProxyType({"filter[email]": "email"})
    size = "page[size]"

    def answer(self, call: Call, status: int, content: Any, headers: Headers) -> tuple[int, Any]:  # noqa: ARG002  others set some
        """Wrap users, and cut the list."""
        if isinstance(content, dict) and status < 300:
            return status, {"data": _resource(content), "links": {"self": f"{self.path}/{content['id']}"}}
        if not isinstance(content, list):
            return status, content
        after, size = call.query.get("page[after]", ""), call.query.get("page[size]", "")
        rest = [user for user in content if int(user["id"]) > int(after or 0)]
        shown = rest[: min(int(size or _PAGE_SIZE), _MOST)]
        following = (
            f"{self.path}?page%5Bafter%5D={shown[-1]['id']}&page%5Bsize%5D={size}" if rest[len(shown) :] else None
        )
        return status, {"data": [_resource(user) for user in shown], "links": {"next": following}}

    def fields(self, document: Any) -> Any:
        """Unwrap what is sent."""
        data = document.get("data")
        attributes = data.get("attributes") if isinstance(data, dict) else None
        if not isinstance(attributes, dict):
            return {}
        return {{"full_name": "name"}.get(key, key): value for key, value in attributes.items()}


def _resource(user: User) -> User:
    created = datetime.fromisoformat(user["createdAt"]).astimezone(UTC).replace(tzinfo=None)
    attributes = {"full_name": user["name"], "email": user["email"], "created_at": created.isoformat(sep=" ")}
    return {"type": "users", "id": user["id"], "attributes": attributes}


class Envelope(Dialect):
    """Every answer has 200 and a code; ids are numbers, times are milliseconds, and a create shows only the id."""

    size = "count"

    def answer(self, call: Call, status: int, content: Any, headers: Headers) -> tuple[int, Any]:
        """Put everything into an envelope."""
        headers["content-type"] = "application/json"
        if status >= 400:
            return 200, {"code": status, "message": content["detail"]}
        result: Any = None
        if isinstance(content, list):
            start, count = int(call.query.get("offset") or 0), min(int(call.query.get("count") or _PAGE_SIZE), _MOST)
            result = [_numbered(user) for user in content[start : start + count]]
            if content[start + count :]:
                headers["link"] = f'<{self.path}?offset={start + count}&count={count}>; rel="next"'
        elif call.method == "POST":
            result = int(content["id"])
        elif call.method == "GET":
            result = {"user": _numbered(content)}
        return 200, {"code": 0, "result": result}

    def fields(self, document: Any) -> Any:
        """Unwrap what is sent."""
        return document.get("user", {})


def _numbered(user: User) -> User:
    created = datetime.fromisoformat(user["createdAt"])
    return {**user, "id": int(user["id"]), "createdAt": round(created.timestamp() * 1000)}


class Unlisted(Dialect):
    """There is no list and no search; a create gives only a Location, a change nothing, and no time is told."""

    def answer(self, call: Call, status: int, content: Any, headers: Headers) -> tuple[int, Any]:
        """Show only users who are asked for by their id."""
        if call.user_id is None and call.method in ("GET", "HEAD") and status < 400:
            headers["allow"] = "POST"
            return 405, {"error": "there is no list"}
        if status >= 300 or call.method == "DELETE":
            return status, content
        if call.method == "POST":
            return status, None
        if call.method in ("PUT", "PATCH"):
            return 204, None
        return status, content and {key: value for key, value in content.items() if key != "createdAt"}


class WithoutPatch(Dialect):
    """A user is only changed as a whole."""

    withheld: tuple[str, ...] = ("PATCH",)

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        api.withheld = self.withheld

    def answer(self, call: Call, status: int, content: Any, headers: Headers) -> tuple[int, Any]:  # noqa: ARG002  as above
        """Answer as the contract has it."""
        return status, content


class WithoutChanges(WithoutPatch):
    """A user is never changed."""

    withheld = ("PATCH", "PUT")


DIALECTS = {
    "json-api": JsonApi,
    "envelope": Envelope,
    "unlisted": Unlisted,
    "without-patch": WithoutPatch,
    "without-changes": WithoutChanges,
}
