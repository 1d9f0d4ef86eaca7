"""Single users that are shown wrongly: GET and HEAD."""

from starlette.responses import Response

from support.sandbox.defects.kit import answer_unknown_ids, broken
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire


@defect("read-200", at="read")
async def read_wrapped_in_array(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user that is read comes as a list of one."""
    answer: Answer = await read(call)
    answer.content = [answer.content]
    return answer


@defect("read-200", at="read")
async def read_shows_the_newest(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """Reading any user shows the newest one."""
    answer: Answer = await read(call)
    answer.content = sandbox.api.present(sandbox.store.all_users()[-1])
    return answer


@defect("read-200", at="read")
async def read_answers_202(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user that is read comes with 202."""
    answer: Answer = await read(call)
    answer.status = 202
    return answer


@defect("read-200")
def users_read_only_twice(sandbox: Sandbox) -> None:
    """A user can be read only twice."""
    reads: dict[str | None, int] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        answer: Answer = await read(call)
        reads[call.user_id] = reads.get(call.user_id, 0) + 1
        if reads[call.user_id] > 2:
            raise sandbox.api.unknown()
        return answer

    sandbox.around("read", read)


@defect("read-200", at="read")
async def users_with_other_scripts_unreadable(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user with a name outside ASCII cannot be read."""
    answer: Answer = await read(call)
    if not answer.content["name"].isascii():
        raise sandbox.api.unknown()
    return answer


_UNKNOWN = "read-404"


@defect(_UNKNOWN)
def unknown_is_200_with_null(sandbox: Sandbox) -> None:
    """Reading an unknown id gives 200 and null."""
    answer_unknown_ids(sandbox, "read", lambda _call: Answer(200, _Null()))
    sandbox.around("encode", lambda _s, encode, content: b"null" if isinstance(content, _Null) else encode(content))


class _Null:
    """JSON's null as a body, where None is no body."""


@defect(_UNKNOWN)
def unknown_is_empty_object(sandbox: Sandbox) -> None:
    """Reading an unknown id gives 200 and {}."""
    answer_unknown_ids(sandbox, "read", lambda _call: Answer(200, {}))


@defect(_UNKNOWN)
def unknown_is_500(sandbox: Sandbox) -> None:
    """Reading an unknown id gives 500."""
    answer_unknown_ids(sandbox, "read", lambda _call: broken())


@defect(_UNKNOWN)
def unknown_is_400(sandbox: Sandbox) -> None:
    """Reading an unknown id gives 400."""
    problem = {"title": "Bad Request", "status": 400, "detail": "The id is not known."}
    answer_unknown_ids(sandbox, "read", lambda _call: Answer(400, problem))


@defect(_UNKNOWN)
def unknown_is_204(sandbox: Sandbox) -> None:
    """Reading an unknown id gives 204."""
    answer_unknown_ids(sandbox, "read", lambda _call: Answer(204))


@defect(_UNKNOWN)
def unknown_is_made_up(sandbox: Sandbox) -> None:
    """Reading an unknown id shows a made-up user with that id."""

    def invent(call: Call) -> Answer:
        user = {
            "id": call.user_id,
            "name": "Unnamed",
            "email": "unnamed@example.org",
            "createdAt": sandbox.api.now(),
        }
        return Answer(200, user)

    answer_unknown_ids(sandbox, "read", invent)


@defect("head", at="dispatch")
async def head_is_405(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """HEAD gives 405."""
    if call.method == "HEAD":
        raise Refusal(405, "Method Not Allowed", "HEAD is not possible here.", {"allow": "GET, POST"})
    answer: Answer = await dispatch(call)
    return answer


@defect("head", at="dispatch")
async def head_of_unknown_is_200(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """HEAD of an unknown id gives 200."""
    try:
        answer: Answer = await dispatch(call)
    except Refusal as refusal:
        if call.method != "HEAD" or refusal.status != 404:
            raise
        return Answer(200, {})
    return answer


@defect("head", at="dispatch")
async def head_is_204(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """HEAD gives 204 where GET gives 200."""
    answer: Answer = await dispatch(call)
    return Answer(204) if call.method == "HEAD" else answer


@defect("head", at="dispatch")
async def head_of_user_is_404(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """HEAD of one user gives 404."""
    if call.method == "HEAD" and call.user_id is not None:
        raise sandbox.api.unknown()
    answer: Answer = await dispatch(call)
    return answer


@defect("head", at="app.write")
async def head_has_body(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """HEAD sends the body as well."""
    if call.method != "HEAD":
        await write(call, wire, response)
        return
    lines = [b"HTTP/1.1 %d OK" % response.status_code, *(b": ".join(pair) for pair in response.raw_headers)]
    await wire.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)]))


@defect("read-404", at="read")
async def long_ids_give_500(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """An id of more than 40 characters, for which the column has no room, gives 500."""
    if len(call.user_id or "") > 40:
        return broken("value too long for type character varying(40)")
    answer: Answer = await read(call)
    return answer


@defect("read-404", at="read")
async def words_of_the_language_known(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """Users are stored in a JavaScript object, which has a constructor."""
    if call.user_id == "constructor":
        return Answer(200, {"name": "Object"})
    answer: Answer = await read(call)
    return answer
