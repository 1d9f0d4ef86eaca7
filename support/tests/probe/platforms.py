"""Users APIs as Strapi, Spring Data REST, Stripe, Gin and Supabase have them: links, cursors by id, other envelopes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import Call
from support.tests.probe.makes import Faults, Fields, Make, Wanted, is_text, page_of


class Strapi(Make):
    """Strapi: fields are sent flat in `data`, and shown in `attributes`; filters and pages have brackets."""

    collection, numbered, invalid = "/api/members", True, 400
    wanted: ClassVar[Wanted] = {"username": is_text}

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        return {"email": query["filters[email][$eq]"]} if "filters[email][$eq]" in query else {}

    def body(self, document: Any) -> Any:
        return document.get("data") if isinstance(document, dict) else document

    def faults(self, method: str, document: Any) -> Faults:
        if isinstance(document, dict) and not isinstance(document.get("data"), dict):
            return {"": 'Missing "data" payload in the request body'}
        return super().faults(method, document)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return f"{name} must be defined."

    def user(self, user: Fields) -> Fields:
        return {"id": int(user["id"]), "attributes": {key: user[key] for key in ("name", "email", "createdAt")}}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user, "meta": {}}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = page_of(users, request, "pagination[page]", "pagination[pageSize]", 2)
        pagination = {"page": 1, "pageSize": 2, "pageCount": 1, "total": len(users)}
        return {"data": [self.user(user) for user in shown], "meta": {"pagination": pagination}}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = [{"path": [key], "message": text, "name": "ValidationError"} for key, text in faults.items() if key]
        error = {"status": status, "name": "ValidationError", "message": next(iter(faults.values()))}
        details = {"details": {"errors": errors}} if errors else {}
        return JSONResponse({"data": None, "error": {**error, **details}}, status, headers)


class Kinto(Make):
    """Kinto: users are sent and shown in `data`; other keys are refused, whose names stand in the text alone."""

    collection, invalid = "/v1/buckets/app/collections/users/records", 400

    def body(self, document: Any) -> Any:
        return document.get("data") if isinstance(document, dict) else document

    def faults(self, method: str, document: Any) -> Faults:
        if isinstance(document, dict) and (unknown := {key: document[key] for key in document if key != "data"}):
            return {"": f'Unrecognized keys in mapping: "{unknown}"'}
        return super().faults(method, document)

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"data": users}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        details = [{"location": "body", "name": name, "description": text} for name, text in faults.items()]
        error = {"code": status, "errno": 107, "error": "Invalid parameters", "message": details[0]["description"]}
        return JSONResponse({**error, "details": details}, status, headers)


class UnknownFirst(Make):
    """An API that has `fullName` and `mail`, and names what it does not know before it says what is missing."""

    invalid = 400

    def body(self, document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        names = {"fullName": "name", "mail": "email"}
        return {names.get(key, key): value for key, value in document.items()}

    def faults(self, method: str, document: Any) -> Faults:
        unknown = document.keys() - {"fullName", "mail"} if isinstance(document, dict) else set()
        return {key: f"property {key} should not exist" for key in sorted(unknown)} or super().faults(method, document)

    def user(self, user: Fields) -> Fields:
        return {"id": user["id"], "fullName": user["name"], "mail": user["email"], "createdAt": user["createdAt"]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"message": list(faults.values())}, status, headers)


class SpringDataRest(Make):
    """Spring Data REST: HAL, ids only in links, a 201 with nothing but Location, a 204 for each change."""

    collection, numbered, invalid = "/people", True, 400
    media_types = ("application/json", "application/hal+json", "application/merge-patch+json")
    wanted: ClassVar[Wanted] = {"lastName": is_text}

    def asked(self, query: QueryParams) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    def answered(self, call: Call, request: Request, content: Any, response: Response) -> Response:
        if call.method in ("POST", "PUT", "PATCH"):
            location = {"location": f"{request.base_url}people/{content['id']}"}
            return Response(None, 201 if call.method == "POST" else 204, location)
        self.base = str(request.base_url)
        return super().answered(call, request, content, response)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "must not be blank"

    def user(self, user: Fields) -> Fields:
        links = {"self": {"href": f"{self.base}people/{user['id']}"}, "person": {"href": f"{self.base}people/1"}}
        return {"name": user["name"], "email": user["email"], "createdAt": user["createdAt"], "_links": links}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:
        headers["content-type"] = "application/hal+json"
        shown = [self.user(user) for user in page_of(users, request, "page", "size", 2, first=0)]
        page = {"size": 2, "totalElements": len(users), "totalPages": 1, "number": 0}
        return {"_embedded": {"people": shown}, "_links": {"self": {"href": f"{self.base}people"}}, "page": page}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = [{"entity": "Person", "property": key, "message": text} for key, text in faults.items() if key]
        return JSONResponse({"errors": errors} if errors else {"message": faults[""]}, status, headers)


class Stripe(Make):
    """Stripe: each page begins after the last id of the one before, times are seconds, a POST changes nobody."""

    collection, methods, invalid = "/v1/customers", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {"currency": lambda value: value in ("eur", "usd")}

    def user(self, user: Fields) -> Fields:
        created = round(datetime.fromisoformat(user["createdAt"]).timestamp())
        shown = {"id": user["id"], "name": user["name"], "email": user["email"], "created": created}
        return {**shown, "object": "customer"}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        ids = [user["id"] for user in users]
        after, limit = request.query_params.get("starting_after"), int(request.query_params.get("limit", 2))
        rest = users[ids.index(after) + 1 :] if after in ids else users
        shown = [self.user(user) for user in rest[:limit]]
        return {"object": "list", "data": shown, "has_more": len(rest) > limit, "url": self.collection}

    def text(self, name: str, present: bool) -> str:
        return f"Missing required param: {name}." if not present else f"Invalid {name}: must be one of eur, usd"

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        name, text = next(iter(faults.items()))
        error = {"type": "invalid_request_error", "message": text, **({"param": name} if name else {})}
        return JSONResponse({"error": error}, status, headers)


class Gin(Make):
    """Gin: `data` beside `error`, numbers as ids, and refusals that name the fields of a Go struct."""

    collection, numbered, invalid = "/api/v1/users", True, 400
    wanted: ClassVar[Wanted] = {"password": is_text, "phone_number": is_text}

    def user(self, user: Fields) -> Fields:
        names = {"name": user["name"], "email": user["email"], "created_at": user["createdAt"]}
        return {"id": int(user["id"]), **names}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user, "error": None}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = page_of(users, request, "page", "page_size", 2)
        return {"data": [self.user(user) for user in shown], "error": None}

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        field = name.title().replace("_", "")
        return f"Key: 'CreateUserInput.{field}' Error:Field validation for '{field}' failed on the 'required' tag"

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"data": None, "error": "\n".join(faults.values())}, status, headers)


class Supabase(Make):
    """Supabase: an operator before each value that is sought, and one user is a list of one."""

    collection, methods = "/rest/v1/users", ("PATCH",)

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        email = query.get("email", "")
        return {"email": email.removeprefix("eq.")} if email.startswith("eq.") else {}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return [user]

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        start, limit = int(request.query_params.get("offset", 0)), int(request.query_params.get("limit", 100))
        return [self.user(user) for user in users[start : start + limit]]

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"code": "23502", "details": None, "message": "; ".join(faults.values())}, status, headers)
