"""Users APIs as Express with Zod, JSON:API, Spring and hapi have them: other paths, media types, cursors and times."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import Call
from support.tests.probe.makes import TOKEN, Faults, Fields, Make, Wanted, is_text, naive, page_of

JSON_API = "application/vnd.api+json"


class ExpressZod(Make):
    """Express with Zod: users register elsewhere, everything is in an envelope, a create shows only the id."""

    collection, create_at, invalid = "/api/users", "/auth/register", 400
    wanted: ClassVar[Wanted] = {
        "age": lambda value: type(value) is int and value >= 18,
        "plan": lambda value: value in ("free", "pro"),
    }

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("api-key") == TOKEN

    def user(self, user: Fields) -> Fields:
        moment = round(datetime.fromisoformat(user["createdAt"]).timestamp() * 1000)
        return {"id": user["id"], "name": user["name"], "email": user["email"], "createdAt": moment}

    def wrapped(self, call: Call, user: Fields) -> Any:
        return {"success": True, "data": {"id": user["id"]} if call.method == "POST" else user}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"success": True, "data": {"users": [self.user(user) for user in users]}}

    def text(self, name: str, present: bool) -> str:
        if name == "age":
            return (
                "Expected number, received undefined" if not present else "Number must be greater than or equal to 18"
            )
        return "Invalid enum value. Expected 'free' | 'pro', received 'x'"

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        issues = [{"code": "invalid_type", "path": [key], "message": text} for key, text in faults.items() if key]
        return JSONResponse({"success": False, "error": {"issues": issues} if issues else faults[""]}, status, headers)


class JsonApi(Make):
    """JSON:API: its own media type, attributes, pointers in errors, a cursor in a link to the next page."""

    collection, media_types = "/users", (JSON_API,)
    wanted: ClassVar[Wanted] = {"phone": is_text}

    numbered = True

    async def serve(self, request: Request, body: bytes) -> Response:
        if JSON_API not in request.headers.get("accept", JSON_API):
            return self.say(406, {"": "Could not satisfy the request Accept header."})
        return await super().serve(request, body)

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        return {"email": query["filter[email]"]} if "filter[email]" in query else {}

    def body(self, document: Any) -> Any:
        data = document.get("data") if isinstance(document, dict) else document
        return data.get("attributes", {}) if isinstance(data, dict) else data

    def faults(self, method: str, document: Any) -> Faults:
        data = document.get("data") if isinstance(document, dict) else None
        if isinstance(document, dict) and (not isinstance(data, dict) or data.get("type") != "users"):
            return {"type": "must be users"}
        return super().faults(method, document)

    def user(self, user: Fields) -> Fields:
        attributes = {"name": user["name"], "email": user["email"], "created_at": naive(user)}
        return {"type": "users", "id": user["id"], "attributes": attributes}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:
        headers["content-type"] = JSON_API
        after, size = request.query_params.get("page[after]", "0"), request.query_params.get("page[size]", "2")
        rest = [user for user in users if int(user["id"]) > int(after)]
        shown = rest[: int(size)]
        following = (
            f"/users?page%5Bafter%5D={shown[-1]['id']}&page%5Bsize%5D={size}" if len(rest) > len(shown) else None
        )
        return {"data": [self.user(user) for user in shown], "links": {"next": following}}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        pointers = {key: "/data/type" if key == "type" else f"/data/attributes/{key}" for key in faults}
        errors = [
            {"status": str(status), "detail": text, **({"source": {"pointer": pointers[key]}} if key else {})}
            for key, text in faults.items()
        ]
        return JSONResponse({"errors": errors}, status, headers, media_type=JSON_API)


class Spring(Make):
    """Spring: Basic access, pages from 0 in `content`, whole users in every PUT, no PATCH, a list of field errors."""

    collection, methods, invalid = "/api/accounts", ("PUT",), 400
    wanted: ClassVar[Wanted] = {"birthDate": lambda value: is_text(value) and len(value) == 10}

    numbered = True

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Basic {base64.b64encode(TOKEN.encode()).decode()}"

    def faults(self, method: str, document: Any) -> Faults:
        return super().faults("POST" if method == "PUT" else method, document)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "must not be null"

    def user(self, user: Fields) -> Fields:
        return {"id": int(user["id"]), "name": user["name"], "email": user["email"], "created": user["createdAt"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = [self.user(user) for user in page_of(users, request, "page", "size", 2, first=0)]
        return {"content": shown, "totalElements": len(users), "number": 0}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = [{"field": key, "defaultMessage": text, "code": "NotNull"} for key, text in faults.items() if key]
        told = {"status": status, "error": "Refused", "message": faults.get("", "Validation failed"), "path": "/x"}
        return JSONResponse({**told, **({"errors": errors} if errors else {})}, status, headers)


class Hapi(Make):
    """hapi with Joi: merge patches alone, a consent that is asked for, the first fault alone is told."""

    collection = "/people"
    wanted: ClassVar[Wanted] = {"mobile": is_text, "acceptsMail": lambda value: isinstance(value, bool)}

    async def serve(self, request: Request, body: bytes) -> Response:
        self.media_types = ("application/merge-patch+json",) if request.method == "PATCH" else ("application/json",)
        return await super().serve(request, body)

    def faults(self, method: str, document: Any) -> Faults:
        return dict(list(super().faults(method, document).items())[:1])

    def text(self, name: str, present: bool) -> str:
        return f'"{name}" must be a boolean' if present else f'"{name}" is required'

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        message = next(iter(faults.values()))
        return JSONResponse({"statusCode": status, "error": "Refused", "message": message}, status, headers)
