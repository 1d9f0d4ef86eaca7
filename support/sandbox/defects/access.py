"""Missing access control, and refusals with the wrong status."""

import contextlib

from starlette.responses import Response

from support.sandbox.exchange import Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "auth-401"


def _given(call: Call) -> str:
    return call.headers.get("authorization", "").partition(" ")[2]


def _let_in(sandbox: Sandbox, who: Decision) -> None:
    """Accept calls with the token, and those for which `who` returns true."""

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        if not who(call):
            authenticate(call)

    sandbox.around("authenticate", authenticate)


@defect(_RULE)
def no_token_needed(sandbox: Sandbox) -> None:
    """No request needs a token."""
    _let_in(sandbox, lambda _call: True)


@defect(_RULE)
def reading_open(sandbox: Sandbox) -> None:
    """One user can be read without the token."""
    _let_in(sandbox, lambda call: call.method == "GET" and call.user_id is not None)


@defect(_RULE)
def list_open(sandbox: Sandbox) -> None:
    """The list can be read without the token."""
    _let_in(sandbox, lambda call: call.method == "GET" and call.user_id is None)


@defect(_RULE)
def head_open(sandbox: Sandbox) -> None:
    """HEAD is answered without the token."""
    _let_in(sandbox, lambda call: call.method == "HEAD")


@defect(_RULE)
def creating_open(sandbox: Sandbox) -> None:
    """POST needs no token."""
    _let_in(sandbox, lambda call: call.method == "POST")


@defect(_RULE)
def put_open(sandbox: Sandbox) -> None:
    """PUT needs no token."""
    _let_in(sandbox, lambda call: call.method == "PUT")


@defect(_RULE)
def patch_open(sandbox: Sandbox) -> None:
    """PATCH needs no token."""
    _let_in(sandbox, lambda call: call.method == "PATCH")


@defect(_RULE)
def deleting_open(sandbox: Sandbox) -> None:
    """DELETE needs no token."""
    _let_in(sandbox, lambda call: call.method == "DELETE")


@defect(_RULE)
def any_token_will_do(sandbox: Sandbox) -> None:
    """Any bearer token is accepted."""
    _let_in(sandbox, lambda call: call.headers.get("authorization", "").lower().startswith("bearer "))


@defect(_RULE)
def other_schemes_will_do(sandbox: Sandbox) -> None:
    """The token is accepted under any scheme."""
    _let_in(sandbox, lambda call: _given(call) == sandbox.api.token)


@defect(_RULE)
def longer_token_will_do(sandbox: Sandbox) -> None:
    """Any text that begins with the token is accepted."""
    _let_in(sandbox, lambda call: _given(call).startswith(sandbox.api.token))


@defect(_RULE)
def shorter_token_will_do(sandbox: Sandbox) -> None:
    """The token is accepted without its last character."""
    _let_in(sandbox, lambda call: _given(call) == sandbox.api.token[:-1])


@defect(_RULE)
def wrong_token_is_403(sandbox: Sandbox) -> None:
    """A wrong token gives 403."""
    _refuse_with(sandbox, 403, only_with_header=True)


@defect(_RULE)
def no_token_is_400(sandbox: Sandbox) -> None:
    """A request without Authorization gives 400."""
    _refuse_with(sandbox, 400, only_with_header=False)


def _refuse_with(sandbox: Sandbox, status: int, *, only_with_header: bool) -> None:
    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal as refusal:
            if ("authorization" in call.headers) is only_with_header:
                raise Refusal(status, "Refused", refusal.detail) from None
            raise

    sandbox.around("authenticate", authenticate)


@defect(_RULE, at="authenticate")
def no_challenge(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A 401 has no WWW-Authenticate."""
    try:
        authenticate(call)
    except Refusal as refusal:
        refusal.headers.clear()
        raise


@defect(_RULE, at="handle")
async def done_although_unauthorized(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A write without the token is refused, but carried out."""
    response: Response = await handle(call)
    if response.status_code == 401 and call.method not in ("GET", "HEAD"):
        with contextlib.suppress(Refusal):
            await sandbox.api.dispatch(call)
    return response


@defect(_RULE, at="handle")
async def deleted_although_unauthorized(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A DELETE without the token is refused, but carried out."""
    response: Response = await handle(call)
    if response.status_code == 401 and call.method == "DELETE":
        with contextlib.suppress(Refusal):
            await sandbox.api.dispatch(call)
    return response


@defect(_RULE)
def letter_case_of_tokens_ignored(sandbox: Sandbox) -> None:
    """The token is accepted in any letter case."""
    _let_in(sandbox, lambda call: _given(call).lower() == sandbox.api.token.lower())


@defect(_RULE)
def bare_token_will_do(sandbox: Sandbox) -> None:
    """The token is accepted without a scheme."""
    _let_in(sandbox, lambda call: call.headers.get("authorization") == sandbox.api.token)


@defect(_RULE)
def end_of_token_will_do(sandbox: Sandbox) -> None:
    """Any text that ends with the token is accepted."""
    _let_in(sandbox, lambda call: _given(call).endswith(sandbox.api.token))


@defect(_RULE)
def beginning_of_token_will_do(sandbox: Sandbox) -> None:
    """Any text as long as the token is accepted if it begins like it."""

    def is_alike(call: Call) -> bool:
        given, token = _given(call), sandbox.api.token
        return len(given) == len(token) and given[:4] == token[:4]

    _let_in(sandbox, is_alike)


@defect(_RULE)
def search_without_match_open(sandbox: Sandbox) -> None:
    """A client without a token learns whether an email is free: a search that finds no user needs none."""
    _let_in(sandbox, lambda call: "email" in call.query and not sandbox.store.holders(call.query["email"]))


@defect(_RULE)
def head_of_list_open(sandbox: Sandbox) -> None:
    """HEAD of the list is answered without the token."""
    _let_in(sandbox, lambda call: call.method == "HEAD" and call.user_id is None)


@defect(_RULE, at="authenticate")
def unknown_before_unauthorized(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A PUT, PATCH or DELETE on an unknown id gives 404 without a token, so anyone can find out which ids exist."""
    if call.method in ("PUT", "PATCH", "DELETE") and call.user_id:
        sandbox.api.known(call)
    authenticate(call)


@defect(_RULE)
def locked_out_by_others(sandbox: Sandbox) -> None:
    """A create is refused after four wrong tokens, until a user is read: others can lock the owner out."""
    failures: list[Refusal] = []

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal as refusal:
            failures.append(refusal)
            raise
        turned_away = failures[-1] if len(failures) >= 4 and call.method == "POST" else None
        if call.user_id or call.method == "POST":
            failures.clear()
        if turned_away:
            raise turned_away

    sandbox.around("authenticate", authenticate)


@defect(_RULE)
def more_words_will_do(sandbox: Sandbox) -> None:
    """The second word of Authorization is compared with the token; further words are ignored."""
    _let_in(sandbox, lambda call: call.headers.get("authorization", "").split()[:2] == ["Bearer", sandbox.api.token])
