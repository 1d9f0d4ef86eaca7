"""PUT and PATCH with invalid values, or of unknown users, that are not refused correctly."""

from typing import Any

from support.sandbox.defects.kit import (
    act_when_refused,
    answer_unknown_ids,
    broken,
    instead_of,
    sent_in,
    store_anyway,
    valid_part,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_INVALID = "update-invalid"


@defect(_INVALID)
def invalid_patch_half_applied(sandbox: Sandbox) -> None:
    """A PATCH with one invalid value is refused, but its valid part is stored."""
    act_when_refused(sandbox, "patch", 422, lambda call: store_anyway(sandbox, call, valid_part(sandbox, call)))


@defect(_INVALID)
def invalid_put_applied(sandbox: Sandbox) -> None:
    """A PUT with an invalid value is refused, but stored."""

    def store(call: Call) -> None:
        fields = {field: value for field, value in sent_in(call).items() if isinstance(value, str)}
        store_anyway(sandbox, call, {field: fields[field] for field in ("name", "email") if field in fields})

    act_when_refused(sandbox, "replace", 422, store)


@defect(_INVALID)
def refused_put_deletes(sandbox: Sandbox) -> None:
    """A PUT that is refused makes the user vanish."""
    act_when_refused(sandbox, "replace", 422, lambda call: sandbox.store.delete(call.user_id or ""))


def _unchecked(sandbox: Sandbox, at: str, field: str) -> None:
    """Let a method store any text in a field."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        value = sandbox.api.document(call).get(field)
        try:
            answer: Answer = await handler(call)
        except Refusal as refusal:
            others = {name: text for name, text in sent_in(call).items() if name != field}
            if refusal.status != 422 or not isinstance(value, str):
                raise
            fields = sandbox.api.fields(others, required=False)
            return sandbox.api.update(sandbox.api.known(call), {**fields, field: value})
        return answer

    sandbox.around(at, handler)


@defect(_INVALID)
def names_unchecked_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts any text as a name: empty, blank, too long."""
    _unchecked(sandbox, "patch", "name")


@defect(_INVALID)
def emails_unchecked_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts any text as an email."""
    _unchecked(sandbox, "patch", "email")


@defect(_INVALID)
def emails_unchecked_by_put(sandbox: Sandbox) -> None:
    """PUT accepts any text as an email."""
    _unchecked(sandbox, "replace", "email")


@defect(_INVALID, at="patch")
async def invalid_patch_is_500(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with an invalid value gives 500."""
    return await instead_of(422, broken(), patch, call)


@defect(_INVALID, at="patch")
async def invalid_patch_ignored(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with an invalid value gives 200 and changes nothing."""
    user = sandbox.api.known(call)
    return await instead_of(422, Answer(200, sandbox.api.present(user)), patch, call)


@defect(_INVALID, at="patch")
async def null_patch_ignored(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH whose body is null gives 200 and changes nothing."""
    if call.body.strip() == b"null":
        return Answer(200, sandbox.api.present(sandbox.api.known(call)))
    answer: Answer = await patch(call)
    return answer


@defect(_INVALID)
def empty_email_left_out_by_patch(sandbox: Sandbox) -> None:
    """A PATCH with an empty email changes the rest and leaves the email as it is."""

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        document = sandbox.api.document(call)
        if document.get("email") == "":
            fields = sandbox.api.fields({key: document[key] for key in document if key != "email"}, required=False)
            return sandbox.api.update(sandbox.api.known(call), fields)
        answer: Answer = await patch(call)
        return answer

    sandbox.around("patch", patch)


@defect(_INVALID)
def number_as_email_is_500(sandbox: Sandbox) -> None:
    """PUT and PATCH give 500 if an email is a number."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        if isinstance(sandbox.api.document(call).get("email"), int):
            return broken()
        answer: Answer = await handler(call)
        return answer

    for at in ("patch", "replace"):
        sandbox.around(at, handler)


_UNKNOWN = "update-404"


def _words_break(sandbox: Sandbox, at: str) -> None:
    """Make a handler give 500 if an id cannot be a key of the database."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        if "nobody" in (call.user_id or ""):
            return broken()
        answer: Answer = await handler(call)
        return answer

    sandbox.around(at, handler)


def _ends_of_ids_ignored(sandbox: Sandbox, at: str) -> None:
    """Make a handler ignore characters after an id."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        call.user_id = (call.user_id or "")[: len(sandbox.api.new_id())]
        answer: Answer = await handler(call)
        return answer

    sandbox.around(at, handler)


@defect(_UNKNOWN)
def patch_of_a_word_is_500(sandbox: Sandbox) -> None:
    """PATCH gives 500 if the id is a word."""
    _words_break(sandbox, "patch")


@defect(_UNKNOWN)
def put_of_a_word_is_500(sandbox: Sandbox) -> None:
    """PUT gives 500 if the id is a word."""
    _words_break(sandbox, "replace")


@defect(_UNKNOWN)
def patch_reads_the_beginning_of_ids(sandbox: Sandbox) -> None:
    """PATCH ignores a character after an id."""
    _ends_of_ids_ignored(sandbox, "patch")


@defect(_UNKNOWN)
def put_reads_the_beginning_of_ids(sandbox: Sandbox) -> None:
    """PUT ignores a character after an id."""
    _ends_of_ids_ignored(sandbox, "replace")


@defect("delete-again")
def delete_of_a_word_is_500(sandbox: Sandbox) -> None:
    """DELETE gives 500 if the id is a word."""
    _words_break(sandbox, "delete")


@defect("delete-again")
def delete_reads_the_beginning_of_ids(sandbox: Sandbox) -> None:
    """DELETE ignores a character after an id."""
    _ends_of_ids_ignored(sandbox, "delete")


def _create_at(sandbox: Sandbox, call: Call) -> User:
    """Create the user of a PUT with the id in its URL."""
    user = sandbox.api.new_user(sandbox.api.user_fields(call))._replace(id=call.user_id or "")
    sandbox.api.insert(user, None)
    return user


@defect(_UNKNOWN)
def put_creates(sandbox: Sandbox) -> None:
    """PUT on an unknown id creates the user there and gives 201."""
    answer_unknown_ids(sandbox, "replace", lambda call: Answer(201, sandbox.api.present(_create_at(sandbox, call))))


@defect(_UNKNOWN)
def put_creates_although_404(sandbox: Sandbox) -> None:
    """PUT on an unknown id gives 404, but creates the user there."""
    act_when_refused(sandbox, "replace", 404, lambda call: _create_at(sandbox, call))


@defect(_UNKNOWN)
def patch_creates_although_404(sandbox: Sandbox) -> None:
    """PATCH on an unknown id gives 404, but creates a user with the email that it names."""

    def create(call: Call) -> None:
        fields = {"name": "Unnamed", **valid_part(sandbox, call)}
        if "email" in fields and not sandbox.store.holders(fields["email"]):
            sandbox.store.insert(sandbox.api.new_user(fields))

    act_when_refused(sandbox, "patch", 404, create)


@defect(_UNKNOWN)
def patch_of_unknown_is_200(sandbox: Sandbox) -> None:
    """PATCH on an unknown id gives 200 and {}."""
    answer_unknown_ids(sandbox, "patch", lambda _call: Answer(200, {}))


@defect(_UNKNOWN)
def patch_of_unknown_is_500(sandbox: Sandbox) -> None:
    """PATCH on an unknown id gives 500."""
    answer_unknown_ids(sandbox, "patch", lambda _call: broken())


@defect(_UNKNOWN)
def put_of_unknown_is_204(sandbox: Sandbox) -> None:
    """PUT on an unknown id gives 204."""
    answer_unknown_ids(sandbox, "replace", lambda _call: Answer(204))


@defect("update-invalid")
def lists_taken_for_texts_by_put(sandbox: Sandbox) -> None:
    """PUT takes the first value of a list, and the name of a truth value, for a text."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        read: dict[str, Any] = document(call)
        if call.method != "PUT":
            return read
        firsts = {field: value[0] if isinstance(value, list) and value else value for field, value in read.items()}
        return {field: str(value) if isinstance(value, bool) else value for field, value in firsts.items()}

    sandbox.around("document", document)
