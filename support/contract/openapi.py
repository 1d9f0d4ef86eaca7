"""The contract as an OpenAPI 3.1 document: `python -m support.contract.openapi > docs/openapi.json`.

It says what a single request and its answer can show; `x-rules` lists all rules, also those about several requests.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from support.contract.matchers import SCHEMAS
from support.rules import CONTRACT, RULES
from support.statuses import ALLOWED_AT_ANY_TIME
from support.streams import say

Json = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"
DESCRIPTIONS = {
    200: "The user, or the users",
    201: "The new user",
    202: "The user will be deleted",
    204: "The user is deleted",
    304: "The user has not changed",
    400: "The request is malformed or invalid",
    401: "The request lacks the right token",
    404: "Nobody has this id",
    409: "Another user has the email",
    412: "The user has changed since the ETag",
    415: "The body is not JSON",
    422: "The request is invalid",
    429: "Too many requests: at any time",
}
GATEWAY = "The API cannot answer now: at any time"
HEADERS: Mapping[int, Mapping[str, str]] = {
    201: {"Location": "The URL of the user, absolute or relative"},
    401: {"WWW-Authenticate": "The scheme that the API wants"},
}


def document() -> Json:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Users",
            "version": CONTRACT,
            "description": "What the acceptance suite expects of a REST API of users.",
        },
        "servers": [{"url": "{origin}", "variables": {"origin": {"default": "http://127.0.0.1:8000"}}}],
        "security": [{"token": []}],
        "paths": {"/users": _collection(), "/users/{id}": _user()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
        "x-rules": {rule.id: {"promise": rule.promise, "since": rule.since} for rule in RULES.values()},
    }


def _collection() -> Json:
    lookup = _query("email", {"type": "string"}, "Only the user with this email, in any letter case")
    page = _query("page", {"type": "integer", "minimum": 1}, "Which page of the list")
    limit = _query("limit", {"type": "integer", "minimum": 1, "maximum": 100}, "How many users a page has at most")
    create = ("create-201", "create-location", "create-invalid", "malformed-json", "media-type", "server-owned")
    return {
        "get": _operation(
            "listUsers", ("list", "filter-email", "pages"), {200: "Users"}, (400, 422), parameters=[lookup, page, limit]
        ),
        "head": _operation("listHead", ("head",), {200: None}, (400, 422), parameters=[lookup, page, limit]),
        "post": _operation(
            "createUser", (*create, "email-unique"), {201: "User"}, (400, 409, 415, 422), body="NewUser"
        ),
    }


def _user() -> Json:
    change = ("update-invalid", "update-404", "update-taken", "media-type", "malformed-json", "conditional")
    refusals = (400, 404, 409, 412, 415, 422)
    if_match, if_none_match = _header("If-Match"), _header("If-None-Match")
    found: Mapping[int, str | None] = {200: "User", 304: None}
    in_path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    read = _operation("readUser", ("read-200", "read-404", "conditional"), found, (404,), parameters=[if_none_match])
    return {
        "parameters": [in_path],
        "get": read,
        "head": _operation("readHead", ("head",), {200: None, 304: None}, (404,), parameters=[if_none_match]),
        "patch": _operation(
            "changeUser", ("patch", *change), {200: "User"}, refusals, parameters=[if_match], body="Change"
        ),
        "put": _operation(
            "replaceUser", ("put", *change), {200: "User"}, refusals, parameters=[if_match], body="NewUser"
        ),
        "delete": _operation(
            "deleteUser",
            ("delete", "delete-again", "delete-frees", "conditional"),
            {200: None, 202: None, 204: None},
            (404, 412),
            parameters=[if_match],
        ),
    }


def _operation(
    name: str,
    rules: Sequence[str],
    answers: Mapping[int, str | None],
    refusals: Sequence[int],
    *,
    parameters: Sequence[Json] = (),
    body: str | None = None,
) -> Json:
    """Return an operation: its answers with the schemas of their bodies, and the statuses of its refusals."""
    at_any_time = sorted(ALLOWED_AT_ANY_TIME)
    responses = {
        **{status: _answer(status, schema, "application/json") for status, schema in answers.items()},
        **{status: _answer(status, "Problem", "application/problem+json") for status in (*refusals, 401)},
        **{status: {"description": DESCRIPTIONS.get(status, GATEWAY)} for status in at_any_time},
    }
    operation: Json = {
        "operationId": name,
        "description": "\n".join(f"`{rule}`: {RULES[rule].promise}." for rule in rules),
        "x-rules": list(rules),
        "responses": {str(status): responses[status] for status in sorted(responses)},
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body:
        types = ("application/json", *([MERGE_PATCH] if body == "Change" else []))
        operation["requestBody"] = {"required": True, "content": {kind: _of(body) for kind in types}}
    return operation


def _answer(status: int, schema: str | None, media_type: str) -> Json:
    answer: Json = {"description": DESCRIPTIONS[status]}
    if status in HEADERS:
        texts = HEADERS[status].items()
        answer["headers"] = {
            name: {"description": text, "required": True, "schema": {"type": "string"}} for name, text in texts
        }
    if schema:
        answer["content"] = {kind: _of(schema) for kind in dict.fromkeys((media_type, "application/json"))}
    return answer


def _of(schema: str) -> Json:
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str) -> Json:
    return {"name": name, "in": "header", "description": "Where the API gives ETags", "schema": {"type": "string"}}


def _schemas() -> Json:
    user, problem = _read("user"), _read("problem")
    sent = {name: user["properties"][name] for name in ("name", "email")}
    return {
        "User": user,
        "Users": {"type": "array", "items": {"$ref": "#/components/schemas/User"}},
        "NewUser": {"type": "object", "required": list(sent), "properties": sent},
        "Change": {"type": "object", "properties": sent},
        "Problem": problem,
    }


def _read(name: str) -> Json:
    schema: Json = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if key != "$schema"}


if __name__ == "__main__":
    say(sys.stdout, json.dumps(document(), indent=2) + "\n")
