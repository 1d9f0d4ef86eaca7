"""A scenario as a shell script: whoever reads a report plays it again, with users of their own who are deleted."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from support.cleanup.marks import mark_in
from support.escaping import on_one_line
from support.exchange_text import curl, fits_in_a_word
from support.models import Call, Credential, Exchange
from support.profile import Profile
from support.redaction import redacted
from support.statuses import is_success

MOST = 60
WRITES = ("PUT", "PATCH", "DELETE")
NOBODY = ("", ".", "..")
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
# Whether user $1 may be changed or deleted, by the answer to a read, $2: nobody is there, or whom this script made.
may_change() {
  status=${2#HTTP/* }
  case ${status%%[!0-9]*} in @NOBODY@) return ;; esac
  mark=@MARK@
  case $(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') in
    *"$mark"*) [ -n "$mark" ] && [ "$(id_in "$2")" = "$1" ] && return ;;
  esac
  printf '# user %s is left alone: no read shows that this script made it\n' "$1" >&2
  return 1
}
play() { printf '\n\n# %s\n' "$1"; }
trap clear_away EXIT
"""


def script(exchanges: Sequence[Exchange], profile: Profile) -> str | None:
    """Return a POSIX shell script that sends what was sent, one call after another.

    Users get other ids each time, so each id that a create answered with stands in a variable. What may change a user
    is sent only after a read that shows nobody, or a user with the mark of the run. None where there is nothing to
    play, or so much that it was many at once, which a script does not repeat.
    """
    if not 0 < len(exchanges) <= MOST:
        return None
    return redacted("\n".join(_lines(exchanges, profile)) + "\n")


def _lines(exchanges: Sequence[Exchange], profile: Profile) -> Iterator[str]:
    made: dict[str, str] = {}
    collection = end = ""
    credential = _credential(exchanges)
    played = list[str]()
    for number, exchange in enumerate(exchanges, start=1):
        call = exchange.call
        came = exchange.status or "no answer"
        told = on_one_line(redacted(f"{number}. {call.method} {call.url}, which was answered by {came}"))
        changes = _may_change(call, exchanges)
        if changes and not _names_a_user(call.url, exchanges):
            played.append(f"play {shlex.quote(f'{told}, is not sent: it may name the whole collection')}")
            continue
        played.append(f"play {shlex.quote(told)}")
        if changes:
            played.append(f"{_check(replace(call, credential=credential), made, collection)} || exit")
        command = _with_variables(call, made, collection)
        user_id = _id_of_newcomer(exchange, profile.names.id)
        if user_id is None or user_id in made:
            played.append(command)
            continue
        collection, end = _parts(call.url)
        made[user_id] = f"USER_{len(made) + 1}"
        played.append(f'answer=$({command})\nprintf \'%s\\n\' "$answer"\n{made[user_id]}=$(id_in "$answer")')
    yield _head(exchanges, profile)
    yield "clear_away() {"
    for user_id, variable in made.items():
        call = Call("DELETE", f"{collection}/{quote(user_id, safe='')}{end}", credential)
        delete = _with_variables(call, made, collection).replace("-i", "-o /dev/null", 1)
        yield f'[ -z "${{{variable}-}}" ] || ! {_check(call, made, collection)} || {delete}'
    yield ":\n}\n"
    yield from played


def _head(exchanges: Sequence[Exchange], profile: Profile) -> str:
    marks = (mark_in((exchange.call.body or b"").decode("utf-8", "replace")) for exchange in exchanges)
    nobody = " | ".join(map(str, sorted({*profile.answers.unknown, *profile.answers.gone})))
    filled = HEAD.replace("@MEMBER@", shlex.quote(json.dumps(profile.names.id))).replace("@NOBODY@", nobody)
    return filled.replace("@MARK@", next(filter(None, marks), ""))


def _credential(exchanges: Sequence[Exchange]) -> Credential:
    """Return the credential of the run, for what scenarios do with another one; the first where none is the token."""
    credentials = [exchange.call.credential for exchange in exchanges]
    return next((one for one in credentials if (one.shown, one.scheme) == ("$TOKEN", "Bearer")), credentials[0])


def _may_change(call: Call, others: Sequence[Exchange]) -> bool:
    """Whether a call may change somebody who is there: all but a create may."""
    return call.method in WRITES or (call.method == "POST" and _path(call.url) != _path_of_the_collection(others))


def _check(call: Call, made: Mapping[str, str], collection: str) -> str:
    """Return the command that reads the user of a call and tells whether it may be sent."""
    segment = _path(call.url).rpartition("/")[2]
    variables = {quote(user_id, safe=""): variable for user_id, variable in made.items()}
    user = f'"${{{variables[segment]}:?nobody was created}}"' if segment in variables else shlex.quote(segment)
    read = _with_variables(Call("GET", call.url, call.credential), made, collection)
    return f'may_change {user} "$({read})"'


def _parts(url: str) -> tuple[str, str]:
    """Return the address of a collection without what each of its addresses ends with, and that end."""
    address, mark, query = url.partition("?")
    collection = address.rstrip("/")
    return collection, address[len(collection) :] + mark + query


def _names_a_user(url: str, others: Sequence[Exchange]) -> bool:
    """Whether an address cannot be taken for that of the collection, however often a server decodes or folds it."""
    last = unquote(unquote(_path(url).rpartition("/")[2]))
    return _path(url) != _path_of_the_collection(others) and not any(
        part.strip() in NOBODY for part in re.split(r"[/\\]", last)
    )


def _path_of_the_collection(exchanges: Sequence[Exchange]) -> str:
    """Return the shortest path of all."""
    return min((_path(exchange.call.url) for exchange in exchanges), key=len)


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
        if body is not None and segment == user_id and fits_in_a_word(body):
            body = body.replace(f'"{user_id}"'.encode(), f'"{mark}"'.encode())
    command = curl(replace(call, url=url, body=body)).replace("curl -i", "curl -sS -i", 1)
    marked = re.compile(rf"\{{{nonce}(USER_[0-9]+)\}}('?)")
    return marked.sub(_variable, command)


def _variable(mark: re.Match[str]) -> str:
    """Return a variable between two parts of a word in quotation marks, or at its end."""
    return f"""'"${{{mark[1]}:?nobody was created}}"{"" if mark[2] else "'"}"""


def _id_of_newcomer(exchange: Exchange, id_field: str) -> str | None:
    """Return the id of whoever a create made."""
    if exchange.call.method != "POST" or exchange.answer is None or not is_success(exchange.status):
        return None
    try:
        document = exchange.answer.json()
    except ValueError:
        return None
    user_id = document.get(id_field) if isinstance(document, dict) else None
    return None if user_id in (None, "") else str(user_id)
