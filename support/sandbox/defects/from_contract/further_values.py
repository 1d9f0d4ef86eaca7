"""Further values that are read, compared or kept wrongly, each by one way of writing only."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from support.sandbox.defects.kit import sent_in
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_MEMBER = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:')
_NO_NUMBER = re.compile(rb":\s*(?:NaN|-?Infinity)(?=\s*[,}])")


def _read_otherwise(sandbox: Sandbox, method: str, read: Callable[[Decision, Call], dict[str, Any]]) -> None:
    """Read the body of a request with this method in another way."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = read(document, call) if call.method == method else document(call)
        return sent

    sandbox.around("document", document)


def _keep_what_seems_equal(sandbox: Sandbox, at: str, fold: Callable[[str], str]) -> None:
    """Show the new name of a user, but store none that seems to be the old one."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await handler(call)
        after = sandbox.store.get(call.user_id or "")
        if before and after and fold(before.name) == fold(after.name):
            sandbox.store.update(after._replace(name=before.name))
        return answer

    sandbox.around(at, handler)


@defect("patch")
def spaces_at_end_compare_equal_to_patch(sandbox: Sandbox) -> None:
    """PATCH shows a name that differs from the present one only by spaces at its end, but stores the present one."""
    _keep_what_seems_equal(sandbox, "patch", lambda name: name.rstrip(" "))


@defect("put")
def accents_compare_equal_to_put(sandbox: Sandbox) -> None:
    """PUT shows a name that differs from the present one only by accents, but stores the present one."""

    def plain(name: str) -> str:
        return "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))

    _keep_what_seems_equal(sandbox, "replace", plain)


@defect("exact-text")
def escaped_slashes_keep_backslash_by_patch(sandbox: Sandbox) -> None:
    r"""PATCH reads a slash that is written as \/ as a backslash and a slash."""

    def read(document: Decision, call: Call) -> dict[str, Any]:
        call.body = re.sub(rb"\\(.)", lambda escape: rb"\\/" if escape[1] == b"/" else escape[0], call.body)
        sent: dict[str, Any] = document(call)
        return sent

    _read_otherwise(sandbox, "PATCH", read)


@defect("put")
def escaped_member_names_unknown_to_put(sandbox: Sandbox) -> None:
    """PUT does not know a member whose name is written with an escape, and refuses it as missing."""

    def read(document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = document(call)
        escaped = {json.loads(b'"' + name + b'"') for name in _MEMBER.findall(call.body) if b"\\" in name}
        return {name: value for name, value in sent.items() if name not in escaped}

    _read_otherwise(sandbox, "PUT", read)


@defect("patch")
def member_names_in_any_case_to_patch(sandbox: Sandbox) -> None:
    """PATCH takes NAME and EMAIL for name and email."""

    def read(document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = document(call)
        return {**{name.lower(): value for name, value in sent.items()}, **sent}

    _read_otherwise(sandbox, "PATCH", read)


@defect("malformed-json")
def no_numbers_taken_in_unknown_members(sandbox: Sandbox) -> None:
    """POST takes NaN and Infinity, which are not JSON, as values of members that no user has."""

    def read(document: Decision, call: Call) -> dict[str, Any]:
        try:
            sent: dict[str, Any] = document(call)
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            call.body = _NO_NUMBER.sub(b": 0", call.body)
            sent = document(call)
        return sent

    _read_otherwise(sandbox, "POST", read)


@defect("server-owned")
def null_clears_creation_date(sandbox: Sandbox) -> None:
    """PATCH with null as createdAt clears it, in every view."""
    cleared: set[str] = set()

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        if sent_in(call).get("createdAt", "") is None:
            cleared.add(answer.content["id"])
            answer.content["createdAt"] = None
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        shown: dict[str, Any] = present(user)
        return {**shown, "createdAt": None} if user.id in cleared else shown

    sandbox.around("patch", patch)
    sandbox.around("present", present)


@defect("server-owned")
def prototype_of_every_user_is_set(sandbox: Sandbox) -> None:
    """POST with __proto__ gives its members to every user, who shows them from then on."""
    inherited: dict[str, Any] = {}

    def read(document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = document(call)
        prototype = sent.get("__proto__")
        inherited.update(prototype if isinstance(prototype, dict) else {})
        return sent

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**inherited, **present(user)}

    _read_otherwise(sandbox, "POST", read)
    sandbox.around("present", present)


@defect("no-secrets")
def patch_shows_password_of_sign_up(sandbox: Sandbox) -> None:
    """PATCH answers with the password that the user signed up with; no other answer shows it."""
    passwords: dict[str, object] = {}

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        if "password" in (sent := sent_in(call)):
            passwords[answer.content["id"]] = sent["password"]
        return answer

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        if call.user_id in passwords:
            answer.content["password"] = passwords[call.user_id]
        return answer

    sandbox.around("create", create)
    sandbox.around("patch", patch)


@defect("update-invalid", at="replace")
async def any_name_beside_present_email(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT checks nothing where the email stays the same, and stores a name that is empty, blank or too long."""
    sent, user = sandbox.api.document(call), sandbox.store.get(call.user_id or "")
    if user is not None and sent.get("email") == user.email and isinstance(sent.get("name"), str):
        return sandbox.api.update(sandbox.api.expected(call), {"name": sent["name"]})
    answer: Answer = await replace(call)
    return answer


@defect("update-invalid", at="patch")
async def present_email_with_space_taken(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH does not check an email that is the present one but for a space at its end, and keeps the space."""
    sent, user = sandbox.api.document(call), sandbox.store.get(call.user_id or "")
    if user is not None and sent.get("email") == f"{user.email} ":
        name = sandbox.api.fields({"name": sent.get("name", user.name)}, required=False)
        return sandbox.api.update(sandbox.api.expected(call), {**name, "email": sent["email"]})
    answer: Answer = await patch(call)
    return answer
