"""Exchanges as text for people, without secrets: in one line, as a curl command, and the body of the answer."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote

from support.escaping import on_one_line
from support.models import COOKIE_SIGNS, IDEMPOTENCY_KEY, Answer, Call, Credential, Exchange
from support.redaction import redacted

LONGEST_BODY, LONGEST_BEGINNING = 8 * 1024, 60
ESCAPED_IN_QUOTES = re.compile(r'["\\$`]')


def in_brief(exchange: Exchange) -> str:
    """Return an exchange in one line."""
    came = status_of(exchange)
    tries = f" after {len(exchange.attempts)} tries" if len(exchange.attempts) > 1 else ""
    return (
        f"{exchange.call.method} {on_one_line(exchange.call.url)} -> {came}{tries} in {exchange.seconds * 1000:.0f} ms"
    )


def status_of(exchange: Exchange) -> str:
    """Return the status of an exchange; if the body tells the status, also the one that was sent."""
    sent = exchange.answer.sent_status if exchange.answer is not None else None
    return f"{exchange.status or 'no answer'}" + (f" (sent as {sent})" if sent is not None else "")


def curl(call: Call) -> str:
    """Return the call as a curl command for a POSIX shell, with the token as `$TOKEN`, a hidden URL as `$BASE_URL`.

    The command has no Idempotency-Key: an API that remembers the key would repeat its former answer.
    """
    words = ["curl", "-i"]
    words += ["-I"] if call.method == "HEAD" else ["-X", call.method]
    in_url, *options = _authentication(call.credential, "&" if "?" in call.url else "?")
    lines = [" ".join([*words, _word(call.url) + in_url, "--globoff", "--path-as-is"]), *options]
    headers = {name: value for name, value in call.headers.items() if name != IDEMPOTENCY_KEY}
    lines += [f"-H {_word(f'{name}: {value}')}" for name, value in headers.items()]
    if call.body is not None and len(call.body) > LONGEST_BODY:
        lines.append("--data-binary @body")
        beginning = _word(call.body[:LONGEST_BEGINNING].decode("utf-8", "replace"))
        lines[0] = f"# the file body has the {len(call.body):,} bytes that begin with {beginning}\n{lines[0]}"
    elif call.body is not None:
        body = redacted.without_secrets(call.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        is_a_word = fits_in_a_word(body)
        lines.append(f"--data-raw {_word(call.body.decode())}" if is_a_word else "--data-binary @-")
        lines[0] = ("" if is_a_word else _printed(body)) + lines[0]
    return " \\\n  ".join(lines)


def _authentication(credential: Credential, mark: str) -> list[str]:
    """Return the end of the URL and the option, if any, that authenticate a call; the shell fills in the token."""
    if credential.shown is None:
        return [""]
    shown = redacted.without_secrets(credential.shown)
    before, _, after = (ESCAPED_IN_QUOTES.sub(r"\\\g<0>", part) for part in credential.format.partition("{token}"))
    sent = before + shown.replace('"', '\\"') + after
    match credential.place:
        case "basic":
            return ["", f"""-H "{credential.name}: Basic $(printf %s "{sent}" | base64 | tr -d '\\n')\""""]
        case "cookie":
            return ["", f'-b "{credential.name}={quote(sent, safe=COOKIE_SIGNS)}"']
        case "query" if quote(credential.sent, safe="") != credential.sent:
            return ["", f'--url-query "{credential.name}={sent}"']
        case "query":
            return [f'"{mark}{credential.name}={sent}"']
    return ["", f'-H "{credential.name}: {sent}"' if sent else f'-H "{credential.name};"']


def fits_in_a_word(body: bytes) -> bool:
    """Whether a body can be a word of a shell command: on one line, without invisible characters."""
    text = body.decode("utf-8", "surrogateescape")
    return text == on_one_line(text)


def _word(text: str) -> str:
    """Return a word of a shell command, with a variable in place of each secret."""
    quoted = ((shlex.quote(on_one_line(before)), f'"{shown}"') for before, shown in redacted.parts(text))
    return "".join(part for pair in quoted for part in pair if part not in ("''", '""')) or "''"


def _printed(body: bytes) -> str:
    """Return the start of a pipe that prints a body which cannot be a word of a shell command."""
    escapes = (chr(octet) if chr(octet).isalpha() and octet < 128 else f"\\{octet:03o}" for octet in body)
    return f"printf '{''.join(escapes)}' | "


def said(answer: Answer | None, longest: int = 2000, one_line: bool = False) -> str:
    """Return the body of an answer for readers: JSON indented, or all on one line; cut at `longest` characters."""
    if answer is None:
        return "(no answer)"
    if not answer.body:
        return "(no body)"
    try:
        text = json.dumps(answer.document, indent=None if one_line else 2, ensure_ascii=False)
    except ValueError:
        text = answer.body.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        text = " ".join(text.split()) if one_line else text
    shown = redacted(text)  # before it is cut, as half a secret would not be found
    return shown if len(shown) <= longest else f"{shown[:longest]} … ({len(text)} characters)"
