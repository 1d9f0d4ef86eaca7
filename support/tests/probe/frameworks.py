"""Users APIs as FastAPI, Django REST framework, Rails, Laravel and Nest make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from support.sandbox.exchange import Call
from support.tests.probe.makes import TOKEN, Faults, Fields, Make, Wanted, is_text, naive, page_of


class FastApi(Make):
    """FastAPI: `detail[].loc`, numbers as ids, times without offset, `skip` and `limit`, no filter."""

    collection, name = "/api/v1/people", "full_name"
    wanted: ClassVar[Wanted] = {
        "password": lambda value: is_text(value) and len(value) > 7,
        "role": lambda value: value in ("admin", "member"),
    }

    numbered = True

    def asked(self, query: QueryParams) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    def text(self, name: str, present: bool) -> str:
        return "Field required" if not present else f"Input should be {'admin or member' if name == 'role' else 'text'}"

    def user(self, user: Fields) -> Fields:
        return {"id": int(user["id"]), "full_name": user["name"], "email": user["email"], "created_at": naive(user)}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        start, limit = int(request.query_params.get("skip", 0)), int(request.query_params.get("limit", 100))
        return [self.user(user) for user in users[start : start + limit]]

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        entries = [{"type": "value_error", "loc": ["body", key], "msg": text} for key, text in faults.items() if key]
        return JSONResponse({"detail": entries or faults[""]}, status, headers)


class DjangoRest(Make):
    """Django REST framework: a map of lists, slashes, the scheme `Token`, first and last names, counted pages."""

    collection, name, invalid = "/api/users", "first_name", 400
    wanted: ClassVar[Wanted] = {
        "username": lambda value: is_text(value) and value.isalnum(),
        **dict.fromkeys(("first_name", "last_name", "password"), is_text),
    }

    async def serve(self, request: Request, body: bytes) -> Response:
        if not request.url.path.endswith("/"):
            return RedirectResponse(f"{request.url.path}/?{request.url.query}".rstrip("?"), 301)
        return await super().serve(request, body)

    numbered = True

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Token {TOKEN}"

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "Enter a valid value." if present else "This field is required."

    def user(self, user: Fields) -> Fields:
        other = self.others.get(user["id"], {})
        names = {"first_name": user["name"], "last_name": other.get("last_name", "")}
        return {"id": int(user["id"]), **names, "email": user["email"], "date_joined": user["createdAt"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = [self.user(user) for user in page_of(users, request, "page", "page_size", 2)]
        return {"count": len(users), "next": None, "previous": None, "results": shown}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({key or "detail": [text] if key else text for key, text in faults.items()}, status, headers)


class Rails(Make):
    """Rails: users wrapped in `user` in requests and answers, strong parameters, a key in a header, no pages."""

    collection = "/users"
    wanted: ClassVar[Wanted] = {"terms_of_service": lambda value: value is True}

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("x-api-key") == TOKEN

    def body(self, document: Any) -> Any:
        return document.get("user", {}) if isinstance(document, dict) else document

    def faults(self, method: str, document: Any) -> Faults:
        if isinstance(document, dict) and not document.get("user"):
            return {"": "param is missing or the value is empty: user"}
        return super().faults(method, document)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "must be accepted"

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"user": user}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = {key: [text] for key, text in faults.items()}
        return JSONResponse({"error": faults[""]} if "" in faults else {"errors": errors}, status, headers)


class Laravel(Make):
    """Laravel: users in `data`, a message with a map of errors, a password that is confirmed, `page` and `per_page`."""

    collection = "/api/users"
    wanted: ClassVar[Wanted] = {"password": is_text, "password_confirmation": is_text}

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return f"The {name.replace('_', ' ')} field is required."

    def user(self, user: Fields) -> Fields:
        return {"id": user["id"], "name": user["name"], "email": user["email"], "created_at": user["createdAt"]}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = [self.user(user) for user in page_of(users, request, "page", "per_page", 2)]
        return {"data": shown, "links": {"next": None}, "meta": {"total": len(users), "per_page": 2}}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = {"errors": {key: [text] for key, text in faults.items() if key}}
        return JSONResponse({"message": next(iter(faults.values())), **errors}, status, headers)


class Nest(Make):
    """Nest with class-validator: fields that are not known are refused, messages name them, PATCH alone changes."""

    collection, name, methods, invalid = "/v1/users", "firstName", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {"firstName": is_text, "lastName": is_text}

    def faults(self, method: str, document: Any) -> Faults:
        known = {"firstName", "lastName", "email"}
        sent = document if isinstance(document, dict) else {}
        extra = {key: f"property {key} should not exist" for key in sent if key not in known}
        return {**extra, **super().faults(method, document)}

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return f"{name} should not be empty"

    def user(self, user: Fields) -> Fields:
        other = self.others.get(user["id"], {})
        names = {"firstName": user["name"], "lastName": other.get("lastName")}
        return {"_id": user["id"], **names, "email": user["email"], "createdAt": user["createdAt"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"items": [self.user(user) for user in users]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        message: Any = faults.get("") or list(faults.values())
        return JSONResponse({"statusCode": status, "message": message, "error": "Refused"}, status, headers)
