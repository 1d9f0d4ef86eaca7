"""Texts that hold commands for a terminal, CI or a browser, and answers that repeat the token."""

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
    ENDS_BEFORE,
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
from support.tests.hostile.server import Hostile, Setup

COMMANDS = (
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
    """Show every user of the suite with this value in a field."""

    def arrange(setup: Setup) -> None:
        def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
            shown: dict[str, Any] = present(user)
            return shown if user.id in setup.foreign_users else {**shown, field: value}

        setup.sandbox.around("present", present)

    return arrange


def ids_with_commands(setup: Setup) -> None:
    """Give every user an id that ends in commands, and refuse every deletion."""

    def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
        return f"{new_id()}{COMMANDS}"

    async def delete(sandbox: Sandbox, _delete: Decision, _call: Call) -> Answer:
        return sandbox.api.refuse(Refusal(403, COMMANDS, COMMANDS))

    setup.sandbox.around("new_id", new_id)
    setup.sandbox.around("delete", delete)


def refusals_with_commands(setup: Setup) -> None:
    """Refuse with a status that is never right, in texts that are commands."""

    def refuse(_sandbox: Sandbox, refuse: Decision, _refusal: Refusal) -> Answer:
        answer: Answer = refuse(Refusal(418, COMMANDS, COMMANDS))
        return answer

    setup.sandbox.around("refuse", refuse)


def a_line_more(name: str, value: str) -> Callable[[bytes], bytes]:
    """Return a function that adds a header, and makes the status wrong, so that the answer is shown."""
    line = f"\r\n{name}: {value}".encode("latin-1", "ignore")
    return lambda head: b"HTTP/1.1 418 " + IN_A_HEADER.encode("latin-1") + head[head.index(b"\r\n") :] + line


def a_location(value: str) -> Callable[[bytes], bytes]:
    """Return a function that replaces the Location."""

    def rewrite(head: bytes) -> bytes:
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"location:")]
        return b"\r\n".join([*lines, f"Location: {value}".encode("latin-1")])

    return rewrite


def everything(_call: Call, _response: Response) -> bool:
    return True


def redirecting(location: str) -> Hostile:
    """Redirect every request."""
    answer = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    return striking(everything, octets(answer.encode("latin-1")))


Form = Callable[[str], str]
FORMS: tuple[tuple[str, Form], ...] = (
    ("as it was sent", lambda sent: sent),
    ("in base64", lambda sent: base64.b64encode(sent.encode()).decode()),
    ("the token in base64", lambda sent: base64.b64encode(sent.removeprefix("Bearer ").encode()).decode()),
    ("URL-encoded", lambda sent: quote(sent, safe="")),
    ("JSON in JSON", lambda sent: json.dumps(json.dumps(sent).replace("/", "\\/"))),
    ("in small letters", str.lower),
    ("in capitals", str.upper),
    ("split by a newline", lambda sent: f"{sent[:20]}\n{sent[20:]}"),
    ("its first 12 characters", lambda sent: sent.removeprefix("Bearer ")[:12]),
    ("its last 12 characters", lambda sent: sent[-12:]),
)


def echoing(form: Form) -> Hostile:
    """Refuse with a status that is never right, and repeat the Authorization header in some form."""

    def arrange(setup: Setup) -> None:
        async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
            response: Response = await handle(call)
            if response.status_code < 400:
                return response
            shown = form(call.headers.get("authorization", ""))
            document = {"title": "refused", "status": 418, "detail": f"You sent {shown}", "you": {"sent": [shown]}}
            return sandbox.api.respond(call, Answer(418, document, {"x-you-sent": quote(shown, safe=' +/="\\%~')}))

        setup.sandbox.around("handle", handle)

    return arrange


def users_that_echo(form: Form) -> Hostile:
    """Show the token, in some form, in place of every user's name."""

    def arrange(setup: Setup) -> None:
        token = f"Bearer {setup.sandbox.api.token}"
        with_field("name", f"Ada {form(token)}")(setup)

    return arrange


TEXTS = (
    ("names", with_field("name", COMMANDS)),
    ("emails", with_field("email", f"ada@{COMMANDS}.example")),
    ("dates", with_field("createdAt", COMMANDS)),
    ("names of fields", with_field(COMMANDS, COMMANDS)),
    ("names of secret fields", with_field("password", COMMANDS)),
)
ROWS = (
    *(
        Row(f"{what} hold commands", hostile, CREATING, RED | {PASSED}, may_stay=what == "emails", settings=SHORT)
        for what, hostile in TEXTS
    ),
    Row(
        "ids hold commands, nothing is deleted",
        ids_with_commands,
        LIFE + DELETING,
        ENDS_BEFORE,
        may_stay=True,
        says="the suite could delete nobody",
        settings=SHORT,
    ),
    Row("refusals hold commands", refusals_with_commands, REFUSALS, FOUND | {LEFT}, may_stay=True, settings=SHORT),
    *(
        Row(
            f"header {name} holds commands",
            with_rewritten_head(created, a_line_more(name, IN_A_HEADER)),
            LIFE,
            ENDS_BEFORE,
        )
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
