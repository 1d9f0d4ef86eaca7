"""Users APIs that want more: without a list, with conditions, with errors in a status of success, with open reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import Call
from support.tests.probe.frameworks import FastApi
from support.tests.probe.makes import TOKEN, Faults, Fields, Make, Wanted, is_text, page_of

SCIM_FIELDS = ("schemas", "userName", "displayName", "id")


class FastApiUsers(FastApi):
    """FastAPI Users: users register elsewhere, PATCH alone changes them, and nobody sees a list."""

    collection, create_at, methods = "/users", "/auth/register", ("PATCH",)
    wanted: ClassVar[Wanted] = {"password": is_text}

    async def serve(self, request: Request, body: bytes) -> Response:
        if request.method in ("GET", "HEAD") and request.url.path == self.collection:
            return self.say(405, {"": "Method Not Allowed"}, {"allow": "POST"})
        return await super().serve(request, body)


class Eve(Make):
    """Eve: changes have to name the ETag of the user, issues are by field, lists are cut after four users."""

    collection = "/accounts"
    wanted: ClassVar[Wanted] = {"lastname": is_text}

    async def serve(self, request: Request, body: bytes) -> Response:
        user_id = request.url.path.removeprefix(self.collection).strip("/")
        user = self.api.store.get(user_id)
        condition = request.headers.get("if-match")
        if user is not None and request.method in ("PUT", "PATCH", "DELETE") and self.authenticated(request):
            if condition is None:
                return self.say(428, {"": "To edit a document its etag must be provided using If-Match"})
            if condition != self.etag(user_id):
                return self.say(412, {"": "Client and server etags don't match"})
        response = await super().serve(request, body)
        if user_id and response.status_code == 200:
            response.headers["etag"] = self.etag(user_id)
        return response

    def etag(self, user_id: str) -> str:
        return f'"{hash(self.api.store.get(user_id)) & 0xFFFFFFFF:x}"'

    def user(self, user: Fields) -> Fields:
        return {"_id": user["id"], "name": user["name"], "email": user["email"], "_created": user["createdAt"]}

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        return json.loads(query.get("where", "{}"))  # type: ignore[no-any-return]

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = [self.user(user) for user in page_of(users, request, "page", "max_results", 4)]
        return {"_items": shown, "_meta": {"page": 1, "max_results": 4, "total": len(users)}}

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "required field"

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        error = {"_status": "ERR", "_error": {"code": status, "message": faults.get("", "Insertion failure")}}
        issues = {key: text for key, text in faults.items() if key}
        return JSONResponse({**error, **({"_issues": issues} if issues else {})}, status, headers)


class Envelope(Make):
    """An envelope with a code: the status is 200 whatever happens, and anyone may read."""

    collection = "/v2/users"
    wanted: ClassVar[Wanted] = {"nickname": is_text}

    def authenticated(self, request: Request) -> bool:
        return request.method in ("GET", "HEAD") or request.headers.get("x-api-key") == TOKEN

    def answered(self, call: Call, request: Request, content: Any, response: Response) -> Response:  # noqa: ARG002
        shown = [self.user(user) for user in content] if isinstance(content, list) else content and self.user(content)
        return JSONResponse({"code": 0, "result": shown})

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        sent = status if status in (401, 405) else 200
        return JSONResponse({"code": status, "message": "; ".join(faults.values())}, sent, headers)


class Scim(Make):
    """SCIM: a userName, a displayName, schemas in every body, and a PATCH of operations alone."""

    collection, name, invalid = "/scim/Users", "displayName", 400

    def fields(self, document: Any) -> Any:
        sent = super().fields(document)
        return {**sent, "email": document["userName"]} if isinstance(sent, dict) and "userName" in document else sent

    def faults(self, method: str, document: Any) -> Faults:
        sent = document if isinstance(document, dict) else {}
        if method == "PATCH":
            return {"": "Attribute 'Operations' is required"}
        extra = [f"Extra inputs are not permitted: {key}" for key in sent if key not in SCIM_FIELDS]
        missing = ["Attribute 'schemas' is required"] if "schemas" not in sent else []
        problems = [*missing, *extra]
        return {"": problems[0]} if problems else {}

    def user(self, user: Fields) -> Fields:
        names = {"userName": user["email"], "displayName": user["name"]}
        return {"schemas": [], "id": user["id"], "meta": {"created": user["createdAt"]}, **names}

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        found = re.fullmatch(r'userName eq "(.*)"', query.get("filter", ""))
        return {"email": found[1]} if found else {}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        start, count = (int(request.query_params.get(*one)) for one in (("startIndex", 1), ("count", 4)))
        shown = [self.user(user) for user in users[max(start, 1) - 1 :][:count]]
        return {"totalResults": len(users), "startIndex": start, "itemsPerPage": len(shown), "Resources": shown}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status)}
        return JSONResponse({**error, "detail": "; ".join(faults.values())}, status, headers)
