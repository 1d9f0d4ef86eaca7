"""Ids that are no known id, but are taken for one by one method only."""

import re
import secrets
import string
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from starlette.responses import Response

from support.sandbox.defects.kit import broken, remember_gone
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _take_for_known(sandbox: Sandbox, method: str, find: Callable[[str], User | None]) -> None:
    """Find a user in another way when their id is unknown, by this method only."""

    def known(sandbox: Sandbox, known: Decision, call: Call) -> User:
        user = sandbox.store.get(call.user_id or "")
        if user is None and call.method == method:
            user = find(call.user_id or "")
        if user is None:
            user = known(call)
        return user

    sandbox.around("known", known)


def _read_otherwise(sandbox: Sandbox, method: str, plain: Callable[[str], str]) -> None:
    """Read an unknown id in another way, by this method only."""
    _take_for_known(sandbox, method, lambda text: sandbox.store.get(plain(text)))


def _number_users(sandbox: Sandbox) -> None:
    """Give users numbers as ids."""
    sandbox.around("new_id", lambda sandbox, _new_id: str(sandbox.store.last_number() + 1))


@defect("update-404")
def leading_zeros_ignored_by_patch(sandbox: Sandbox) -> None:
    """Ids are numbers, and PATCH finds a user also by their number with zeros or a plus before it."""
    _number_users(sandbox)
    _read_otherwise(sandbox, "PATCH", lambda text: re.sub(r"^\+?0*", "", text))


@defect("update-404")
def accents_of_id_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT finds a user also by an id whose letters have accents, as with the default collation of MySQL."""

    def plain(text: str) -> str:
        return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))

    _read_otherwise(sandbox, "PUT", plain)


@defect("read-404")
def fractions_of_zero_ignored_by_get(sandbox: Sandbox) -> None:
    """Ids are numbers, and GET finds a user also by another way to write their number, such as 7.0 or 7e0."""
    _number_users(sandbox)

    def plain(text: str) -> str:
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{0,9})?([eE][+-]?[0-9])?", text):
            return text
        number = float(text)
        return str(int(number)) if number.is_integer() else text

    _read_otherwise(sandbox, "GET", plain)


@defect("isolation")
def text_after_number_ignored_by_delete(sandbox: Sandbox) -> None:
    """Ids are numbers, and DELETE reads the digits at the beginning of an id only, so that 7abc deletes 7."""
    _number_users(sandbox)
    _read_otherwise(sandbox, "DELETE", lambda text: re.sub(r"(?s)(?<=[0-9])[^0-9].*", "", text))


@defect("read-404")
def numbers_wrap_at_32_bits_for_get(sandbox: Sandbox) -> None:
    """Ids are numbers, and GET finds a user also by their number plus 2^32."""
    _number_users(sandbox)
    _read_otherwise(sandbox, "GET", lambda text: str(int(text) % 2**32) if re.fullmatch(r"[0-9]{1,30}", text) else text)


@defect("update-404")
def line_end_after_id_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT finds a user also by their id with a line feed after it, as a pattern with a dollar sign does."""
    _read_otherwise(sandbox, "PUT", lambda text: text.removesuffix("\n"))


@defect("isolation")
def spaces_after_id_ignored_by_delete(sandbox: Sandbox) -> None:
    """DELETE of an id with spaces after it deletes the user, as a column of fixed width compares."""
    _read_otherwise(sandbox, "DELETE", lambda text: text.rstrip(" "))


@defect("update-404")
def ids_end_at_nul_for_patch(sandbox: Sandbox) -> None:
    """PATCH reads an id up to its first NUL."""
    _read_otherwise(sandbox, "PATCH", lambda text: text.partition("\0")[0])


@defect("read-404")
def ids_decoded_twice_by_get(sandbox: Sandbox) -> None:
    """GET decodes the percent signs in an id a second time, so that %2561 means the letter a."""
    _read_otherwise(sandbox, "GET", unquote)


@defect("update-404")
def format_after_id_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT takes .json, .xml or .html after an id for a wish about the format."""
    _read_otherwise(sandbox, "PUT", lambda text: re.sub(r"\.(json|xml|html)$", "", text))


@defect("isolation")
def parameters_after_id_ignored_by_delete(sandbox: Sandbox) -> None:
    """DELETE ignores a semicolon in an id and what follows it, and deletes the user."""
    _read_otherwise(sandbox, "DELETE", lambda text: text.partition(";")[0])


@defect("update-404")
def letter_case_of_id_ignored_by_patch(sandbox: Sandbox) -> None:
    """Ids have letters of both cases, and PATCH finds a user also by their id in another letter case."""
    letters = string.ascii_letters + string.digits
    sandbox.around("new_id", lambda _sandbox, _new_id: "".join(secrets.choice(letters) for _ in range(20)))
    _take_for_known(
        sandbox,
        "PATCH",
        lambda text: next((user for user in sandbox.store.all_users() if user.id.lower() == text.lower()), None),
    )


@defect("head")
def beginning_of_id_enough_for_head(sandbox: Sandbox) -> None:
    """HEAD gives 200 for the first eight or more characters of a user's id, where GET gives 404."""
    _take_for_known(
        sandbox,
        "HEAD",
        lambda text: next(
            (user for user in sandbox.store.all_users() if len(text) >= 8 and user.id.startswith(text)), None
        ),
    )


@defect("update-404")
def put_creates_unknown_uuid(sandbox: Sandbox) -> None:
    """PUT creates a user with an id that no user ever had, if it is a well-formed UUID."""
    gone = remember_gone(sandbox)

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await replace(call)
        except Refusal as refusal:
            user_id = call.user_id or ""
            if refusal.status != 404 or user_id in gone or not _UUID.fullmatch(user_id):
                raise
            user = sandbox.api.new_user(sandbox.api.user_fields(call))._replace(id=user_id)
            try:
                sandbox.store.insert(user)
            except EmailTakenError:
                raise sandbox.api.taken() from None
            return sandbox.api.created(user, call)
        return answer

    sandbox.around("replace", replace)


@defect("read-200", at="app.write")
async def encoded_ids_unknown_to_get(
    sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """GET gives 404 for a known id of which a letter or digit is percent-encoded."""
    if call.method == "GET" and call.user_id and b"%" in wire.scope["raw_path"] and response.status_code == 200:
        response = sandbox.api.respond(call, sandbox.api.refuse(sandbox.api.unknown()))
    await write(call, wire, response)


@defect("delete-again", at="delete")
async def delete_breaks_beyond_64_bits(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of an id that is a number beyond 64 bits gives 500."""
    if re.fullmatch(r"[0-9]{20,}", call.user_id or ""):
        return broken()
    answer: Answer = await delete(call)
    return answer


@defect("update-404")
def other_digits_in_id_read_by_put(sandbox: Sandbox) -> None:
    """Ids are numbers, and PUT reads them as Python does: with digits of other scripts and low lines between them."""
    sandbox.around("new_id", lambda sandbox, _new_id: str(sandbox.store.last_number() + 1))

    def plain(text: str) -> str:
        is_other = re.fullmatch(r"\d+(_\d+)*", text) is not None and not re.fullmatch(r"[0-9]+", text)
        return str(int(text)) if is_other and len(text) < 40 else text

    _read_otherwise(sandbox, "PUT", plain)
