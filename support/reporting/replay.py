"""A scenario as a shell script: whoever reads a report plays it again, with users of their own who are deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from support.models import Call, Exchange
from support.transport.transcript import curl, redacted

MOST = 60
MARK = "\x01{}\x01"
HEAD = """\
# Plays the scenario again, request by request, with users of its own, and deletes them at the end.
# Save it as replay.sh, set TOKEN in the environment, and run: sh replay.sh

id_in() {{
  printf '%s' "$1" | tr ',{{}}' '\\n\\n\\n' | sed -n 's/^ *"{id}" *: *"\\{{0,1\\}}\\([^" ]*\\).*/\\1/p' | head -n 1
}}
play() {{ printf '\\n\\n# %s\\n' "$1"; }}
trap clear_away EXIT
"""


def script(exchanges: Sequence[Exchange], id_field: str = "id") -> str | None:
    """Return a POSIX shell script that sends what was sent, one call after another.

    Users get other ids each time, so each id that a create answered with stands in a variable. None where there is
    nothing to play, or so much that it was many at once, which a script does not repeat.
    """
    if not 0 < len(exchanges) <= MOST:
        return None
    return redacted("\n".join(_lines(exchanges, id_field)) + "\n")


def _lines(exchanges: Sequence[Exchange], id_field: str) -> Iterator[str]:
    made: dict[str, str] = {}
    collection = end = ""
    played = list[str]()
    for number, exchange in enumerate(exchanges, start=1):
        call = exchange.call
        came = exchange.status or "no answer"
        played.append(f"play {_quoted(f'{number}. {call.method} {call.url}, which was answered by {came}')}")
        command = _with_variables(call, made, collection)
        user_id = _id_of_newcomer(exchange, id_field)
        if user_id is None or user_id in made:
            played.append(command)
            continue
        collection, mark, query = call.url.partition("?")
        end = mark + query
        made[user_id] = f"USER_{len(made) + 1}"
        played.append(f'answer=$({command})\nprintf \'%s\\n\' "$answer"\n{made[user_id]}=$(id_in "$answer")')
    yield HEAD.format(id=id_field)
    yield "clear_away() {"
    for user_id, variable in made.items():
        call = Call("DELETE", f"{collection}/{quote(user_id, safe='')}{end}", exchanges[0].call.credential)
        delete = _with_variables(call, made, collection).replace("-i", "-o /dev/null", 1)
        yield f'[ -z "${{{variable}-}}" ] || {delete}'
    yield ":\n}\n"
    yield from played


def _with_variables(call: Call, made: Mapping[str, str], collection: str) -> str:
    """Return the command of a call, with variables in place of the ids of users that the script makes.

    The script ends where such a variable is empty: without an id the address would be that of the whole collection.
    """
    url, body = call.url, call.body
    for user_id, variable in made.items():
        mark = MARK.format(variable)
        address = re.escape(f"{collection}/{quote(user_id, safe='')}") + r"(?=$|[/?])"
        url = re.sub(address, f"{collection}/{mark}", url)
        if body is not None:
            body = body.replace(json.dumps(user_id).encode(), f'"{mark}"'.encode())
    command = curl(replace(call, url=url, body=body)).replace("curl -i", "curl -sS -i", 1)
    return re.sub(MARK.format("(USER_[0-9]+)"), r"""'"${\1:?nobody was created}"'""", command).replace("\"''", '"')


def _id_of_newcomer(exchange: Exchange, id_field: str) -> str | None:
    """Return the id of whoever a create made."""
    if exchange.call.method != "POST" or exchange.answer is None or not 200 <= exchange.answer.status < 300:
        return None
    try:
        document = exchange.answer.json()
    except ValueError:
        return None
    user_id = document.get(id_field) if isinstance(document, dict) else None
    return None if user_id is None else str(user_id)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
