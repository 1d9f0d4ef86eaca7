"""Values that are right by one way of writing and wrong by another, or wrong in one view only."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from support.sandbox.checks import NAME_LIMIT
from support.sandbox.defects.kit import users_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_EXACT = "exact-text"
_INVALID = "update-invalid"
_ESCAPED_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?")


def _read_otherwise(sandbox: Sandbox, method: str, field: str, change: Callable[[str, Call], str]) -> None:
    """Change a text that a request with this method brings, before it is checked."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = document(call)
        if call.method == method and isinstance(sent.get(field), str):
            sent[field] = change(sent[field], call)
        return sent

    sandbox.around("document", document)


def _show_otherwise(sandbox: Sandbox, at: str, change: Callable[[str], Any], when: Callable[[Call], bool]) -> None:
    """Change the names in the answers of a handler."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        answer: Answer = await handler(call)
        if answer.content and when(call):
            for user in users_in(answer):
                user["name"] = change(user["name"])
        return answer

    sandbox.around(at, handler)


def _check_otherwise(sandbox: Sandbox, method: str, at: str, check: Decision) -> None:
    """Replace a check for requests with this method: no other request runs in the middle of one."""
    present = {"method": ""}

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        present["method"] = call.method
        answer: Answer = await dispatch(call)
        return answer

    def fault(_sandbox: Sandbox, fault: Decision, value: object) -> str | None:
        found: str | None = check(fault, value) if present["method"] == method else fault(value)
        return found

    sandbox.around("dispatch", dispatch)
    sandbox.around(at, fault)


def _asks_for_page(call: Call) -> bool:
    return "page" in call.query or "limit" in call.query


def _asks_for_all(call: Call) -> bool:
    return "email" not in call.query and not _asks_for_page(call)


@defect(_EXACT)
def zero_width_joiners_lost_by_patch(sandbox: Sandbox) -> None:
    """PATCH drops the zero-width joiners of a name, so that an emoji of a family falls apart."""
    _read_otherwise(sandbox, "PATCH", "name", lambda name, _call: name.replace("\u200d", ""))


@defect(_EXACT)
def direction_marks_lost_by_put(sandbox: Sandbox) -> None:
    """PUT drops the marks of a name that say in which direction it is written."""
    _read_otherwise(
        sandbox, "PUT", "name", lambda name, _call: re.sub("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", "", name)
    )


@defect(_EXACT)
def line_ends_unified_by_put(sandbox: Sandbox) -> None:
    """PUT turns each carriage return with a line feed in a name into a line feed alone."""
    _read_otherwise(sandbox, "PUT", "name", lambda name, _call: name.replace("\r\n", "\n"))


@defect(_EXACT)
def names_end_at_nul_in_list(sandbox: Sandbox) -> None:
    """The whole list shows a name only up to its first NUL."""
    _show_otherwise(sandbox, "list_users", lambda name: name.partition("\0")[0], _asks_for_all)


@defect(_EXACT)
def percent_signs_decoded_by_patch(sandbox: Sandbox) -> None:
    """PATCH takes a percent sign with two hexadecimal digits in a name for an encoded character."""
    _read_otherwise(sandbox, "PATCH", "name", lambda name, _call: unquote(name))


@defect(_EXACT)
def backslashes_lost_in_look_up(sandbox: Sandbox) -> None:
    """A look-up by email shows names without their backslashes."""
    _show_otherwise(
        sandbox, "list_users", lambda name: re.sub(r"\\(.?)", r"\1", name), lambda call: "email" in call.query
    )


@defect(_EXACT)
def template_signs_filled_in_when_created(sandbox: Sandbox) -> None:
    """The answer to POST shows a name without what stands in double braces, as if it were a template."""
    _show_otherwise(sandbox, "create", lambda name: re.sub(r"\{\{.*?\}\}", "", name), lambda _call: True)


@defect(_EXACT, at="patch")
async def null_words_ignored_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH takes the names null, undefined, None and NaN for no name, and keeps the earlier one."""
    user = sandbox.store.get(call.user_id or "")
    answer: Answer = await patch(call)
    changed = sandbox.api.known(call)
    if user is not None and changed.name in ("null", "undefined", "None", "NaN"):
        kept = changed._replace(name=user.name)
        sandbox.store.update(kept)
        return Answer(200, sandbox.api.present(kept), {"etag": sandbox.api.etag(kept)})
    return answer


@defect(_EXACT)
def numeric_names_shown_as_numbers_in_pages(sandbox: Sandbox) -> None:
    """Pages show a name that looks like a number, such as 007 or 1e5, as a JSON number."""

    def typed(name: str) -> object:
        if not _NUMBER.fullmatch(name):
            return name
        number = float(name)
        return int(number) if number.is_integer() else number

    _show_otherwise(sandbox, "list_users", typed, _asks_for_page)


@defect(_EXACT)
def utf16_units_counted_by_patch(sandbox: Sandbox) -> None:
    """PATCH counts a character beyond U+FFFF as two, and refuses a name of 101 emoji as too long."""

    def check(fault: Decision, value: object) -> object:
        if isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * NAME_LIMIT:
            return "name is too long"
        return fault(value)

    _check_otherwise(sandbox, "PATCH", "name_fault", check)


@defect(_EXACT)
def escaped_pairs_lost_by_put(sandbox: Sandbox) -> None:
    """PUT replaces an emoji that is written as two \\u escapes by question marks, while a plain one stays."""

    def change(name: str, call: Call) -> str:
        return re.sub("[\U00010000-\U0010ffff]", "??", name) if _ESCAPED_PAIR.search(call.body) else name

    _read_otherwise(sandbox, "PUT", "name", change)


@defect(_INVALID)
def length_counted_after_trimming_by_put(sandbox: Sandbox) -> None:
    """PUT counts a name without the spaces at its ends, but stores it with them, longer than 200 characters."""
    _check_otherwise(
        sandbox,
        "PUT",
        "name_fault",
        lambda fault, value: fault(value.strip() if isinstance(value, str) else value),
    )


@defect(_INVALID)
def wide_white_space_taken_by_patch(sandbox: Sandbox) -> None:
    """PATCH takes a name of no-break, em or ideographic spaces only, since it looks for those of ASCII."""

    def check(fault: Decision, value: object) -> object:
        if isinstance(value, str) and not value.strip() and value.strip(" \t\n\v\f\r") and len(value) <= NAME_LIMIT:
            return None
        return fault(value)

    _check_otherwise(sandbox, "PATCH", "name_fault", check)


@defect(_INVALID)
def line_end_after_email_taken_by_patch(sandbox: Sandbox) -> None:
    """PATCH takes and keeps an email with a line feed at its end, as a pattern with a dollar sign does."""
    _check_otherwise(
        sandbox,
        "PATCH",
        "email_fault",
        lambda fault, value: fault(value.removesuffix("\n") if isinstance(value, str) else value),
    )


@defect("filter-email", at="filtered")
def percent_in_filter_decoded_twice(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """The email in ?email= is decoded twice, so that one with a percent sign and two digits is not found."""
    users: list[User] = filtered(unquote(email))
    return users


@defect("patch", at="patch")
async def underscore_means_any_character_to_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH refuses a free email with an underscore as taken when another differs from it only there."""
    email = sandbox.api.fields(sandbox.api.document(call), required=False).get("email", "")
    pattern = re.compile(re.escape(email).replace("_", "."), re.IGNORECASE)
    if "_" in email and any(
        pattern.fullmatch(user.email) for user in sandbox.store.all_users() if user.id != call.user_id
    ):
        raise sandbox.api.taken()
    answer: Answer = await patch(call)
    return answer
