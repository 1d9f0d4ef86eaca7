"""POST on the URL of one user that is not refused with 405."""

from support.sandbox.defects.kit import (
    broken,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect

_METHOD = "method-405"


def _answer_post(sandbox: Sandbox, act: Decision) -> None:
    """Answer a POST on the URL of one user in another way."""

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        answer: Answer = await (act if call.method == "POST" and call.user_id else dispatch)(call)
        return answer

    sandbox.around("dispatch", dispatch)


@defect(_METHOD)
def post_on_user_is_404(sandbox: Sandbox) -> None:
    """POST on the URL of one user gives 404."""

    async def refuse(_call: Call) -> Answer:
        raise sandbox.api.unknown()

    _answer_post(sandbox, refuse)


@defect(_METHOD)
def post_on_user_is_400(sandbox: Sandbox) -> None:
    """POST on the URL of one user gives 400."""

    async def refuse(_call: Call) -> Answer:
        raise Refusal(400, "Bad Request", "An id cannot be chosen.")

    _answer_post(sandbox, refuse)


@defect(_METHOD)
def post_on_user_is_500(sandbox: Sandbox) -> None:
    """POST on the URL of one user gives 500."""

    async def break_down(_call: Call) -> Answer:
        return broken()

    _answer_post(sandbox, break_down)


@defect(_METHOD)
def post_on_user_updates(sandbox: Sandbox) -> None:
    """POST on the URL of one user is carried out like a PATCH."""
    _answer_post(sandbox, sandbox.api.patch)


@defect(_METHOD)
def post_on_user_creates(sandbox: Sandbox) -> None:
    """POST on the URL of one user creates another user."""
    _answer_post(sandbox, sandbox.api.create)


@defect(_METHOD, at="allow")
def allow_names_post(_sandbox: Sandbox, allow: Decision, methods: list[str]) -> str:
    """A 405 says that POST is allowed."""
    return str(allow([*methods, "POST"]))


@defect(_METHOD, at="refuse")
def no_allow(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 405 does not say what is allowed."""
    answer: Answer = refuse(refusal)
    answer.headers.pop("allow", None)
    return answer


@defect(_METHOD, at="allow")
def allow_names_get_only(_sandbox: Sandbox, _allow: Decision, _methods: list[str]) -> str:
    """A 405 says that only GET is allowed."""
    return "GET"
