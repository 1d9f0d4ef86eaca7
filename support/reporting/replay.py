"""A scenario as a shell script: whoever reads a report plays it again, with users of their own who are deleted."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from support.models import Call, Exchange
from support.transport.escaping import on_one_line
from support.transport.transcript import curl, redacted, stands_in_a_word

MOST = 60
WRITES = ("PUT", "PATCH", "DELETE")
NOBODY = ("", ".", "..")
MEMBER = "@MEMBER@"
HEAD = r"""# Plays the scenario again, request by request, with users of its own, and deletes them at the end.
# Save it as replay.sh, set TOKEN (and BASE_URL, where that is named) in the environment, and run: sh replay.sh

# Prints the id in the body of an answer, percent-encoded; nothing where it would not be one user's address.
id_in() {
  id=$(printf '%s\n' "$1" | MEMBER=@MEMBER@ awk '
    body { text = text $0 " " }
    /^[ \t\r]*$/ { body = 1 }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r]+/)) {
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (depth == 1 && colon && name == ENVIRON["MEMBER"]) { print word; exit }
        colon = word == ":"
        if (!colon) name = word
        if (word ~ /^[[{]$/) depth++
        if (word ~ /^[]}]$/) depth--
      }
    }')
  case $id in
    *\\*) id= ;;
    \"*\") id=${id#\"}; id=${id%\"} ;;
    *[!0-9]*) id= ;;
  esac
  case /$(printf '%s' "$id" | sed 's,%2[Ee],.,g; s,%2[Ff],/,g; s,%5[Cc],/,g' | tr -d '[:space:]')/ in
    *//* | */./* | */../*)
      echo '# no id that can stand in an address was answered' >&2
      return ;;
  esac
  printf '%s' "$id" | od -An -v -tu1 | LC_ALL=C awk '{
    for (i = 1; i <= NF; i++) {
      sign = sprintf("%c", $i + 0)
      printf "%s", sign ~ /[A-Za-z0-9._~-]/ ? sign : sprintf("%%%02X", $i)
    }
  }'
}
play() { printf '\n\n# %s\n' "$1"; }
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
        told = on_one_line(redacted(f"{number}. {call.method} {call.url}, which was answered by {came}"))
        if call.method in WRITES and not _names_a_user(call.url, exchanges):
            played.append(f"play {shlex.quote(f'{told}, is not sent: it may name the whole collection')}")
            continue
        played.append(f"play {shlex.quote(told)}")
        command = _with_variables(call, made, collection)
        user_id = _id_of_newcomer(exchange, id_field)
        if user_id is None or user_id in made:
            played.append(command)
            continue
        collection, end = _parts(call.url)
        made[user_id] = f"USER_{len(made) + 1}"
        played.append(f'answer=$({command})\nprintf \'%s\\n\' "$answer"\n{made[user_id]}=$(id_in "$answer")')
    yield HEAD.replace(MEMBER, shlex.quote(json.dumps(id_field)))
    yield "clear_away() {"
    for user_id, variable in made.items():
        call = Call("DELETE", f"{collection}/{quote(user_id, safe='')}{end}", exchanges[0].call.credential)
        delete = _with_variables(call, made, collection).replace("-i", "-o /dev/null", 1)
        yield f'[ -z "${{{variable}-}}" ] || {delete}'
    yield ":\n}\n"
    yield from played


def _parts(url: str) -> tuple[str, str]:
    """Return the address of a collection without what each of its addresses ends with, and that end."""
    address, mark, query = url.partition("?")
    collection = address.rstrip("/")
    return collection, address[len(collection) :] + mark + query


def _names_a_user(url: str, others: Sequence[Exchange]) -> bool:
    """Whether an address cannot be taken for that of the collection, however often a server decodes or folds it.

    The collection is at the shortest address of all.
    """
    shortest = min((_path(exchange.call.url) for exchange in others), key=len)
    last = unquote(unquote(_path(url).rpartition("/")[2]))
    return _path(url) != shortest and not any(part.strip() in NOBODY for part in re.split(r"[/\\]", last))


def _path(url: str) -> str:
    return urlsplit(url).path.removesuffix("/")


def _with_variables(call: Call, made: Mapping[str, str], collection: str) -> str:
    """Return the command of a call, with variables in place of the ids of users that the script makes.

    The script ends where such a variable is empty: without an id the address would be that of the whole collection.
    A variable is percent-encoded, so in a body it stands only for an id that is the same either way.
    """
    url, body, nonce = call.url, call.body, uuid.uuid4().hex
    for user_id, variable in made.items():
        mark, segment = f"{{{nonce}{variable}}}", quote(user_id, safe="")
        url = re.sub(re.escape(f"{collection}/{segment}") + r"(?=$|[/?])", f"{collection}/{mark}", url)
        if body is not None and segment == user_id and stands_in_a_word(body):
            body = body.replace(f'"{user_id}"'.encode(), f'"{mark}"'.encode())
    command = curl(replace(call, url=url, body=body)).replace("curl -i", "curl -sS -i", 1)
    marked = re.compile(rf"\{{{nonce}(USER_[0-9]+)\}}('?)")
    return marked.sub(_variable, command)


def _variable(mark: re.Match[str]) -> str:
    """Return a variable between two parts of a word in quotation marks, or at its end."""
    return f"""'"${{{mark[1]}:?nobody was created}}"{"" if mark[2] else "'"}"""


def _id_of_newcomer(exchange: Exchange, id_field: str) -> str | None:
    """Return the id of whoever a create made."""
    if exchange.call.method != "POST" or exchange.answer is None or not 200 <= exchange.answer.status < 300:
        return None
    try:
        document = exchange.answer.json()
    except ValueError:
        return None
    user_id = document.get(id_field) if isinstance(document, dict) else None
    return None if user_id in (None, "") else str(user_id)
