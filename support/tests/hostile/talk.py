"""Texts that mean to speak to a terminal, to CI, or to whoever reads reports: and answers that repeat the token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox
from support.tests.hostile.answers import (
    created,
    octets,
    striking,
    with_rewritten_head,
)
from support.tests.hostile.rows import (
    ACCESS,
    CREATING,
    DELETING,
    DOWN,
    FOUND,
    LEFT,
    LIFE,
    LOCATION,
    PASSED,
    RED,
    SHORT,
    UNKNOWN,
    Row,
)
from support.tests.hostile.server import Hostile, Stage

PWNED = (
    "\n::error::pwned\n##[error]pwned\n##vso[task.setvariable variable=x]y\r\n  ::add-mask::e\n"
    "\x1b]0;pwned\x07\x1b[2J\x1b[31m\x9b31m\x85\x7f\x08\x00\u202e\u2066\u200f\u2028::stop-commands::x\u2029##[group]"
    "\ufeff\ufffe\uffff"
)
IN_A_HEADER = "\x1b]0;pwned\x07\x1b[2J\x9b31m\x85::error::pwned ##[error]pwned ##vso[task.setvariable]x"
NO_LOCATIONS = (
    *("http://[::1/1", "http://\x1b[2J/", "//", "http://127.0.0.1:99999/users/1", "javascript:alert(1)", "\\\\x\\y"),
)
REFUSALS = (*UNKNOWN, *ACCESS, "--name=(uses the token|who never existed|was deleted)")


def with_field(field: str, value: Any) -> Hostile:
    """Show every user of the suite's with this in a field."""

    def arrange(stage: Stage) -> None:
        def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
            shown: dict[str, Any] = present(user)
            return shown if user.id in stage.bystanders else {**shown, field: value}

        stage.sandbox.around("present", present)

    return arrange


def ids_that_talk(stage: Stage) -> None:
    """Give everybody an id that ends in commands, and let nobody be deleted."""

    def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
        return f"{new_id()}{PWNED}"

    async def delete(sandbox: Sandbox, _delete: Decision, _call: Call) -> Answer:
        return sandbox.api.refuse(Refusal(403, PWNED, PWNED))

    stage.sandbox.around("new_id", new_id)
    stage.sandbox.around("delete", delete)


def refusals_that_talk(stage: Stage) -> None:
    """Refuse by a status that is never right, in words that are commands."""

    def refuse(_sandbox: Sandbox, refuse: Decision, _refusal: Refusal) -> Answer:
        answer: Answer = refuse(Refusal(418, PWNED, PWNED))
        return answer

    stage.sandbox.around("refuse", refuse)


def a_line_more(name: str, value: str) -> Callable[[bytes], bytes]:
    """Return what adds a header, and makes the status a wrong one, so that the answer is shown."""
    line = f"\r\n{name}: {value}".encode("latin-1", "ignore")
    return lambda told: b"HTTP/1.1 418 " + IN_A_HEADER.encode("latin-1") + told[told.index(b"\r\n") :] + line


def a_location(value: str) -> Callable[[bytes], bytes]:
    """Return what puts another Location in place."""

    def rewrite(told: bytes) -> bytes:
        kept = [line for line in told.split(b"\r\n") if not line.lower().startswith(b"location:")]
        return b"\r\n".join([*kept, f"Location: {value}".encode("latin-1")])

    return rewrite


def everything(_call: Call, _response: Response) -> bool:
    return True


def redirecting(location: str) -> Hostile:
    """Redirect whoever comes."""
    told = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    return striking(everything, octets(told.encode("latin-1")))


Form = Callable[[str], str]
FORMS: tuple[tuple[str, Form], ...] = (
    ("as it came", lambda told: told),
    ("in base64", lambda told: base64.b64encode(told.encode()).decode()),
    ("the token in base64", lambda told: base64.b64encode(told.removeprefix("Bearer ").encode()).decode()),
    ("URL-encoded", lambda told: quote(told, safe="")),
    ("JSON in JSON", lambda told: json.dumps(json.dumps(told).replace("/", "\\/"))),
    ("in small letters", str.lower),
    ("in capitals", str.upper),
    ("split by a newline", lambda told: f"{told[:20]}\n{told[20:]}"),
    ("its first 12 characters", lambda told: told.removeprefix("Bearer ")[:12]),
    ("its last 12 characters", lambda told: told[-12:]),
)


def echoing(form: Form) -> Hostile:
    """Refuse by a status that is never right, with the Authorization header that came, in some form."""

    def arrange(stage: Stage) -> None:
        async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
            response: Response = await handle(call)
            if response.status_code < 400:
                return response
            told = form(call.headers.get("authorization", ""))
            document = {"title": "refused", "status": 418, "detail": f"You came with {told}", "you": {"sent": [told]}}
            return sandbox.api.respond(call, Answer(418, document, {"x-you-sent": quote(told, safe=' +/="\\%~')}))

        stage.sandbox.around("handle", handle)

    return arrange


def users_that_echo(form: Form) -> Hostile:
    """Show the token, in some form, in place of every user's name."""

    def arrange(stage: Stage) -> None:
        token = f"Bearer {stage.sandbox.api.token}"
        with_field("name", f"Ada {form(token)}")(stage)

    return arrange


TEXTS = (
    ("names", with_field("name", PWNED)),
    ("addresses", with_field("email", f"ada@{PWNED}.example")),
    ("dates", with_field("createdAt", PWNED)),
    ("names of fields", with_field(PWNED, PWNED)),
    ("names of secret fields", with_field("password", PWNED)),
)
ROWS = (
    *(
        Row(f"{what} talk", hostile, CREATING, RED | {PASSED}, may_stay=what == "addresses", settings=SHORT)
        for what, hostile in TEXTS
    ),
    Row("ids talk, and nobody can be deleted", ids_that_talk, LIFE + DELETING, RED, may_stay=True, settings=SHORT),
    Row("refusals talk", refusals_that_talk, REFUSALS, FOUND | {LEFT}, may_stay=True, settings=SHORT),
    *(
        Row(f"the header {name} talks", with_rewritten_head(created, a_line_more(name, IN_A_HEADER)), LIFE, RED)
        for name in ("X-Talk", "Content-Type", "Location")
    ),
    *(
        Row(f"Location is {url!a}", with_rewritten_head(created, a_location(url)), LOCATION, rule="create-location")
        for url in NO_LOCATIONS
    ),
    *(
        Row(f"everything is redirected to {url!a}", redirecting(url), LIFE, frozenset({DOWN}))
        for url in (IN_A_HEADER, "http://[::1/1")
    ),
    *(
        Row(
            f"refusals repeat the token {what}",
            echoing(form),
            REFUSALS,
            may_stay=True,
            settings=SHORT,
        )
        for what, form in FORMS
    ),
    *(Row(f"users show the token {what}", users_that_echo(form), LIFE) for what, form in FORMS),
)
