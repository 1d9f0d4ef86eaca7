"""Invalid creates that are accepted, or refused in the wrong way."""

import json
import re

from support.sandbox import checks
from support.sandbox.defects.kit import (
    broken,
    instead_of,
    invented_user,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect

_INVALID = "create-invalid"


@defect(_INVALID, at="user_fields")
def missing_fields_invented(sandbox: Sandbox, _user_fields: Decision, call: Call) -> dict[str, str]:
    """Missing fields of a new user are filled in, so that {} creates one."""
    document = sandbox.api.document(call)
    return {**invented_user(), **sandbox.api.fields(document, required=False)}


@defect("malformed-json", at="user_fields")
def empty_body_creates_a_user(_sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """A create with an empty body creates a made-up user."""
    fields: dict[str, str] = user_fields(call) if call.body.strip() else invented_user()
    return fields


@defect(_INVALID, at="create")
async def array_body_breaks(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a body that is no object answers 500."""
    if call.body.lstrip()[:1] != b"{" and _is_json(call.body):
        return broken()
    answer: Answer = await create(call)
    return answer


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


@defect(_INVALID, at="create")
async def invalid_answers_500(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with invalid values answers 500."""
    return await instead_of(422, broken(), create, call)


@defect(_INVALID, at="create")
async def invalid_answers_200(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with invalid values answers 200 with an error inside."""
    return await instead_of(422, Answer(200, {"ok": False, "error": "invalid"}), create, call)


@defect(_INVALID, at="create")
async def invalid_stored_although_refused(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with an invalid name or email is refused, but the user is created."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status == 422:
            _store_anyway(sandbox, call)
        raise
    return answer


def _store_anyway(sandbox: Sandbox, call: Call) -> None:
    document = json.loads(call.body)
    if not isinstance(document, dict):
        return
    texts = {field: value for field, value in document.items() if isinstance(value, str)}
    fields = {**invented_user(), **{field: texts[field] for field in ("name", "email") if field in texts}}
    if not sandbox.store.holders(fields["email"]):
        sandbox.store.insert(sandbox.api.new_user(fields))


@defect(_INVALID)
def numeric_names_coerced(sandbox: Sandbox) -> None:
    """A name that is a number is taken as text by a create."""
    _coerce(sandbox, "name", lambda value: isinstance(value, (int, float)), str)


@defect(_INVALID)
def null_names_coerced(sandbox: Sandbox) -> None:
    """A name that is null is stored as the text None by a create."""
    _coerce(sandbox, "name", lambda value: value is None, str)


@defect(_INVALID)
def null_emails_invented(sandbox: Sandbox) -> None:
    """An email that is null is made up by a create."""
    _coerce(sandbox, "email", lambda value: value is None, lambda _value: invented_user()["email"])


def _coerce(sandbox: Sandbox, field: str, applies: Decision, coerce: Decision) -> None:
    def user_fields(sandbox: Sandbox, _user_fields: Decision, call: Call) -> dict[str, str]:
        document = sandbox.api.document(call)
        if field in document and applies(document[field]):
            document[field] = coerce(document[field])
        return sandbox.api.fields(document, required=True)

    sandbox.around("user_fields", user_fields)


def _accept(sandbox: Sandbox, field: str, pattern: str) -> None:
    """Let a create accept texts that match a pattern, even if they are invalid."""

    def user_fields(sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
        document = sandbox.api.document(call)
        value = document.get(field)
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            fields: dict[str, str] = user_fields(call)
            return fields
        return {
            **sandbox.api.fields({**document, field: invented_user()[field]}, required=True),
            field: value,
        }

    sandbox.around("user_fields", user_fields)


@defect(_INVALID)
def empty_names_accepted(sandbox: Sandbox) -> None:
    """A create accepts an empty name."""
    _accept(sandbox, "name", "")


@defect(_INVALID)
def blank_names_accepted(sandbox: Sandbox) -> None:
    """A create accepts a name of spaces."""
    _accept(sandbox, "name", r"\s+")


@defect(_INVALID)
def too_long_names_accepted(sandbox: Sandbox) -> None:
    """A create accepts a name of more than 200 characters."""
    _accept(sandbox, "name", r".{201,}")


@defect(_INVALID)
def emails_without_at_accepted(sandbox: Sandbox) -> None:
    """A create accepts an email without @."""
    _accept(sandbox, "email", r"[^@]+")


@defect(_INVALID)
def emails_with_spaces_accepted(sandbox: Sandbox) -> None:
    """A create accepts an email with a space."""
    _accept(sandbox, "email", r"[^@]* [^@]*@[^@]+|[^@]+@[^@]* [^@]*")


@defect(_INVALID)
def emails_with_two_ats_accepted(sandbox: Sandbox) -> None:
    """A create accepts an email with two @."""
    _accept(sandbox, "email", r"[^@]*@[^@]*@[^@]*")


@defect(_INVALID)
def emails_without_domain_accepted(sandbox: Sandbox) -> None:
    """A create accepts an email that ends after its @."""
    _accept(sandbox, "email", r"[^@]+@")


@defect(_INVALID)
def too_long_emails_accepted(sandbox: Sandbox) -> None:
    """A create accepts an email of more than 254 characters."""
    _accept(sandbox, "email", rf"(?=.{{{checks.EMAIL_LIMIT + 1},}})[^@\s]+@[^@\s]+")


@defect(_INVALID, at="email_fault")
def space_behind_emails_taken(_sandbox: Sandbox, email_fault: Decision, value: object) -> str | None:
    """An email may end with a space."""
    fault: str | None = email_fault(value.rstrip(" ") if isinstance(value, str) else value)
    return fault
