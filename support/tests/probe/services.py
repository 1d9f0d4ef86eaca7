"""Users APIs as Keycloak, PocketBase, Parse, Graph, Okta and Directus have them: other refusals, names and times."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import Call
from support.tests.probe.makes import TOKEN, Faults, Fields, Make, Wanted, is_text, page_of


class Keycloak(Make):
    """Keycloak: 201 and 204 without a body, refusals that name a field beside a code, no field that is not known."""

    collection, name, methods, invalid = "/admin/realms/demo/users", "firstName", ("PUT",), 400
    known: ClassVar[tuple[str, ...]] = ("username", "firstName", "lastName", "email")
    wanted: ClassVar[Wanted] = dict.fromkeys(("username", "firstName", "lastName"), is_text)

    def faults(self, method: str, document: Any) -> Faults:
        sent = document if isinstance(document, dict) else {}
        for key in sent:
            if key not in self.known:
                return {"": f'Unrecognized field "{key}" (class User), not marked as ignorable'}
        return dict(list(super().faults(method, document).items())[:1])

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "error-user-attribute-required"

    def user(self, user: Fields) -> Fields:
        other = self.others.get(user["id"], {})
        moment = round(datetime.fromisoformat(user["createdAt"]).timestamp() * 1000)
        names = {"firstName": user["name"], "lastName": other.get("lastName"), "username": other.get("username")}
        return {"id": user["id"], "createdTimestamp": moment, **names, "email": user["email"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        first, most = (int(request.query_params.get(*one)) for one in (("first", 0), ("max", 3)))
        return [self.user(user) for user in users[first : first + most]]

    def answered(self, call: Call, request: Request, content: Any, response: Response) -> Response:
        if call.method in ("POST", "PUT"):
            headers = {"location": f"{request.base_url}admin/realms/demo/users/{content['id']}"}
            return Response(None, *((201, headers) if call.method == "POST" else (204,)))
        return super().answered(call, request, content, response)

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        name, text = next(iter(faults.items()))
        said = {"field": name, "errorMessage": text, "params": [name]} if name else {"error": text}
        return JSONResponse(said, status, headers)


class PocketBase(Make):
    """PocketBase: a space in each time, a password that is confirmed, a query language, PATCH alone."""

    collection, methods, invalid = "/api/collections/users/records", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {"password": is_text, "passwordConfirm": is_text}

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        found = re.fullmatch(r"email='(.*)'", query.get("filter", ""))
        return {"email": found[1]} if found else {}

    def user(self, user: Fields) -> Fields:
        return {**super().user(user), "createdAt": user["createdAt"].replace("T", " ")}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        shown = [self.user(user) for user in page_of(users, request, "page", "perPage", 30)]
        return {"page": 1, "perPage": 30, "totalItems": len(users), "totalPages": 1, "items": shown}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        data = {key: {"code": "validation_required", "message": text} for key, text in faults.items() if key}
        return JSONResponse({"status": status, "message": "Failed to create record.", "data": data}, status, headers)


class Parse(Make):
    """Parse Server: ids under a name of its own, creates that show only the id, refusals of a few words."""

    collection, methods, invalid = "/parse/users", ("PUT",), 400
    wanted: ClassVar[Wanted] = {"username": is_text}

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return f"bad or missing {name}"

    def user(self, user: Fields) -> Fields:
        names = {"name": user["name"], "email": user["email"], "createdAt": user["createdAt"]}
        return {"parseObject": user["id"], **names}

    def answered(self, call: Call, request: Request, content: Any, response: Response) -> Response:
        if call.method != "POST":
            return super().answered(call, request, content, response)
        location = {"location": f"{request.base_url}parse/users/{content['id']}"}
        return JSONResponse({"createdAt": content["createdAt"]}, 201, location)

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"results": [self.user(user) for user in users]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"code": 200, "error": next(iter(faults.values()))}, status, headers)


class Graph(Make):
    """Microsoft Graph: errors with a code and a date, properties of a resource in quotes, a password in an object."""

    collection, name, methods, invalid = "/v1.0/users", "displayName", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {
        "accountEnabled": lambda value: isinstance(value, bool),
        "mailNickname": is_text,
        "passwordProfile": lambda value: isinstance(value, dict) and is_text(value.get("password")),
    }

    def fields(self, document: Any) -> Any:
        sent = super().fields(document)
        if isinstance(sent, dict) and "userPrincipalName" in document:
            return {**sent, "email": document["userPrincipalName"]}
        return sent

    def faults(self, method: str, document: Any) -> Faults:
        sent = document if isinstance(document, dict) else {}
        known = (*self.wanted, "displayName", "userPrincipalName")
        extra = [key for key in sent if key not in known]
        if extra:
            return {"": f"One or more values are invalid. Property '{extra[0]}' does not exist as a declared property."}
        missing = [key for key in ("displayName", "userPrincipalName") if method == "POST" and key not in sent]
        wrong = [*missing, *super().faults(method, document)]
        return {"": f"A value is required for property '{wrong[0]}' of resource 'User'."} if wrong else {}

    def user(self, user: Fields) -> Fields:
        names = {"displayName": user["name"], "userPrincipalName": user["email"]}
        return {"id": user["id"], "mail": None, **names, "createdDateTime": user["createdAt"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"@odata.context": "https://example.com", "value": [self.user(user) for user in users]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        inner = {"date": "2026-01-01T00:00:00", "request-id": "7f"}
        error = {"code": "Request_BadRequest", "message": "; ".join(faults.values()), "innerError": inner}
        return JSONResponse({"error": error}, status, headers)


class Okta(Make):
    """Okta: a scheme of its own for the token, users in `profile`, causes that begin with the name of a field."""

    collection, name, invalid = "/api/v1/users", "firstName", 400
    wanted: ClassVar[Wanted] = {
        "login": lambda value: is_text(value) and "@" in value,
        **dict.fromkeys(("email", "firstName", "lastName"), is_text),
    }

    def authenticated(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"SSWS {TOKEN}"

    def asked(self, query: QueryParams) -> Mapping[str, str]:
        found = re.fullmatch(r'profile\.email eq "(.*)"', query.get("search", ""))
        return {"email": found[1]} if found else {}

    def body(self, document: Any) -> Any:
        return document.get("profile") if isinstance(document, dict) else document

    def faults(self, method: str, document: Any) -> Faults:
        if isinstance(document, dict) and not isinstance(document.get("profile"), dict):
            return {"profile": "The field cannot be left blank"}
        return super().faults(method, document)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return "Username must be in the form of an email address" if present else "The field cannot be left blank"

    def user(self, user: Fields) -> Fields:
        sent = self.others.get(user["id"], {}).get("profile", {})
        names = {"firstName": user["name"], "lastName": sent.get("lastName"), "email": user["email"]}
        return {"id": user["id"], "created": user["createdAt"], "profile": names}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        causes = [{"errorSummary": f"{key}: {text}" if key else text} for key, text in faults.items()]
        said = {"errorCode": "E0000001", "errorSummary": "Api validation failed", "errorLink": "E0000001"}
        challenge = {"www-authenticate": "SSWS"} if status == 401 else headers
        return JSONResponse({**said, "errorCauses": causes}, status, challenge)


class Directus(Make):
    """Directus: 403 for a user and for a field that nobody knows, 200 for a create, one value of several is enough."""

    collection, name, methods, invalid = "/users", "first_name", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {"password": is_text}

    async def carry_out(self, call: Call, request: Request) -> Response:
        response = await super().carry_out(call, request)
        if response.status_code == 404:
            return self.say(403, {"": "You don't have permission to access this."})
        response.status_code = 200 if response.status_code == 201 else response.status_code
        return response

    def faults(self, method: str, document: Any) -> Faults:
        sent = document if isinstance(document, dict) else {}
        self.invalid = 400
        for key in set(sent) - {"first_name", "last_name", "email", "password"}:
            self.invalid = 403
            return {"": f'You don\'t have permission to access field "{key}" in collection "users".'}
        return super().faults(method, document)

    def text(self, name: str, present: bool) -> str:  # noqa: ARG002
        return f"{name}, reset_password, random_password are missing, at least one parameter must be provided"

    def user(self, user: Fields) -> Fields:
        return {"id": user["id"], "first_name": user["name"], "last_name": None, "email": user["email"]}

    def wrapped(self, call: Call, user: Fields) -> Any:  # noqa: ARG002
        return {"data": user}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return {"data": [self.user(user) for user in users]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        errors = [{"message": text, "extensions": {"code": "FORBIDDEN"}} for text in faults.values()]
        return JSONResponse({"errors": errors}, status, headers)


class Mock(Make):
    """A mock that keeps whatever it gets as a user with an id; what it cannot read has no fields."""

    async def carry_out(self, call: Call, request: Request) -> Response:
        try:
            sent = dict(json.loads(call.body or b"{}"))
        except ValueError:
            sent = {}
        kept, user_id = self.others, call.user_id or str(uuid4())
        if call.method == "POST":
            kept[user_id] = {**sent, "id": user_id}
        elif call.user_id is None:
            email = request.query_params.get("email")
            return JSONResponse([user for user in kept.values() if email in (None, user.get("email"))])
        elif user_id not in kept:
            return JSONResponse({}, 404)
        elif call.method == "DELETE":
            return JSONResponse(kept.pop(user_id))
        elif call.method in ("PUT", "PATCH"):
            kept[user_id] = {**(kept[user_id] if call.method == "PATCH" else {}), **sent, "id": user_id}
        return JSONResponse(kept[user_id], 201 if call.method == "POST" else 200)


class Tenant(Make):
    """Auth0: `user_id`, and a connection that has to be there, of which no refusal tells the name."""

    collection, methods, invalid = "/api/v2/users", ("PATCH",), 400
    wanted: ClassVar[Wanted] = {"connection": lambda value: value == "people"}

    def text(self, name: str, present: bool) -> str:
        if present:
            return "The connection does not exist."
        return f"Payload validation error: 'Missing required property: {name}'."

    def user(self, user: Fields) -> Fields:
        shown = {"user_id": user["id"], "name": user["name"], "email": user["email"]}
        return {**shown, "created_at": user["createdAt"]}

    def say(self, status: int, faults: Faults, headers: Mapping[str, str] | None = None) -> Response:
        said = {"statusCode": status, "error": "Bad Request", "errorCode": "invalid_body"}
        return JSONResponse({**said, "message": next(iter(faults.values()))}, status, headers)


class Private(Make):
    """WordPress without `context=edit`: only the answer to a create shows the email."""

    def wrapped(self, call: Call, user: Fields) -> Any:
        return user if call.method == "POST" else {"id": user["id"], "name": user["name"]}

    def list(self, users: list[Fields], request: Request, headers: Fields) -> Any:  # noqa: ARG002
        return [{"id": user["id"], "name": user["name"]} for user in users]
