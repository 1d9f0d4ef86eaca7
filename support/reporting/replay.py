"""A scenario as a shell script, which repeats it with users of its own and deletes them."""

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
from support.exchange_text import curl, fits_in_a_word, status_of
from support.models import Call, Credential, Exchange
from support.pointers import at, steps_of
from support.profile import Profile
from support.redaction import redacted
from support.statuses import is_success

MAX_EXCHANGES = 60
LOCATION = r"""  [ -n "$id" ] || id=$(
    printf '%s\n' "$1" | sed -n 's,^[Ll]ocation: .*/\([^/?#[:cntrl:]]*\)[[:cntrl:]]*$,"\1",p' | head -n 1)
"""
WRITES = ("PUT", "PATCH", "DELETE")
OF_A_BODY = ("Content-Type", "If-Match")
NO_ID = ("", ".", "..")
HEAD = r"""# Repeats the scenario, request by request, with users of its own, and deletes them at the end.
# Save it as replay.sh, set TOKEN (and any other variable that it uses) in the environment, and run: sh replay.sh

# Prints the id in the body of an answer, percent-encoded; nothing if it could not stand in the URL of one user.
id_in() {
  id=$(printf '%s\n' "$1" | PLACES=@PLACES@ awk '
    body { text = text $0 " " }
    /^[ \t\r]*$/ { body = 1 }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r]+/)) {
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        here = path[depth] (colon ? "/" name : (is_list[depth] ? "/" place[depth] : ""))
        is_value = (colon || is_list[depth] || !depth) && word !~ /^[]},:]$/
        if (word ~ /^[[{]$/) { depth++; path[depth] = here; is_list[depth] = word == "["; place[depth] = 0 }
        else if (is_value && index(ENVIRON["PLACES"], "\n" here "\n")) { print word; exit }
        else if (word == ",") place[depth]++
        else if (word ~ /^[]}]$/) depth--
        colon = word == ":"
        if (!colon) name = word
      }
    }')
@LOCATION@  case $id in
    *\\*) id= ;;
    \"*\") id=${id#\"}; id=${id%\"} ;;
    *[!0-9]*) id= ;;
  esac
  case /$(printf '%s' "$id" | sed 's,%2[Ee],.,g; s,%2[Ff],/,g; s,%5[Cc],/,g' | tr -d '[:space:]')/ in
    *//* | */./* | */../*)
      echo '# the answer has no id that can stand in a URL' >&2
      return ;;
  esac
  printf '%s' "$id" | od -An -v -tu1 | LC_ALL=C awk '{
    for (i = 1; i <= NF; i++) {
      sign = sprintf("%c", $i + 0)
      printf "%s", sign ~ /[A-Za-z0-9._~-]/ ? sign : sprintf("%%%02X", $i)
    }
  }'
}
# Whether user $1 may be changed or deleted, by the answer $2 to a read: there is no such user, or this script made it.
may_change() {
  status=${2#HTTP/* }
  case ${status%%[!0-9]*} in @UNKNOWN@) return ;; esac
  mark=@MARK@
  case $(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') in
    *"$mark"*) [ -n "$mark" ] && [ "$(id_in "$2")" = "$1" ] && return ;;
  esac
  printf '# user %s is not touched: no read shows that this script made it\n' "$1" >&2
  return 1
}
step() { printf '\n\n# %s\n' "$1"; }
trap clean_up EXIT
"""


def script(exchanges: Sequence[Exchange], profile: Profile, base_url: str) -> str | None:
    """Return a POSIX shell script that sends the same requests to the collection at `base_url`, one after another.

    Users get other ids each time, so a variable stands for each id that a create returned. A request that may change a
    user is sent only after a read that shows no user, or one with the mark of the run. None for no exchanges, or for so
    many that they were concurrent, which a script cannot repeat.
    """
    if not 0 < len(exchanges) <= MAX_EXCHANGES:
        return None
    return redacted("\n".join(_lines(exchanges, profile, base_url)) + "\n")


def _lines(exchanges: Sequence[Exchange], profile: Profile, collection: str) -> Iterator[str]:
    made: dict[str, str] = {}
    end, creates = "", _path(profile.paths.create or collection)
    credential = _credential(exchanges)
    commands = list[str]()
    for number, exchange in enumerate(exchanges, start=1):
        call = exchange.call
        came = status_of(exchange)
        text = on_one_line(redacted(f"{number}. {call.method} {call.url}, which got {came}"))
        changes = call.method in WRITES or (call.method == "POST" and _path(call.url) != creates)
        if changes and not _names_a_user(call.url, collection):
            commands.append(f"step {shlex.quote(f'{text}, is not sent: it may name the whole collection')}")
            continue
        commands.append(f"step {shlex.quote(text)}")
        if changes:
            commands.append(f"{_check(replace(call, credential=credential), made, collection)} || exit")
        command = _with_variables(call, made, collection)
        user_id = _created_id(exchange, profile.names.paths["id"])
        if user_id is None or user_id in made:
            commands.append(command)
            continue
        end = _end(call.url, profile)
        made[user_id] = f"USER_{len(made) + 1}"
        commands.append(f'answer=$({command})\nprintf \'%s\\n\' "$answer"\n{made[user_id]}=$(id_in "$answer")')
    yield _head(exchanges, profile)
    yield "clean_up() {"
    for user_id, variable in made.items():
        call = Call("DELETE", f"{collection}/{quote(user_id, safe='')}{end}", credential, profile.headers)
        delete = _with_variables(call, made, collection).replace("-i", "-o /dev/null", 1)
        yield f'[ -z "${{{variable}-}}" ] || ! {_check(call, made, collection)} || {delete}'
    yield ":\n}\n"
    yield from commands


def _head(exchanges: Sequence[Exchange], profile: Profile) -> str:
    marks = (mark_in((exchange.call.body or b"").decode("utf-8", "replace")) for exchange in exchanges)
    unknown = " | ".join(map(str, sorted({*profile.answers.unknown, *profile.answers.gone})))
    filled = HEAD.replace("@PLACES@", shlex.quote("\n".join(["", *_places_of_ids(profile), ""])))
    filled = filled.replace("@LOCATION@", LOCATION if profile.shape.created == "location" else "")
    filled = filled.replace("@UNKNOWN@", unknown)
    return filled.replace("@MARK@", next(filter(None, marks), ""))


def _places_of_ids(profile: Profile) -> Iterator[str]:
    """Yield where answers to reads and creates have the id of a user, each key as JSON has it."""
    names = profile.names
    for pointer in {names.user_pointer, names.created_pointer or names.user_pointer}:
        yield _place((*steps_of(pointer), *names.paths["id"]))
    if profile.shape.created == "id":
        yield _place(steps_of(names.created_pointer or names.user_pointer))


def _place(steps: Sequence[str]) -> str:
    return "".join(f"/{step if step.isdecimal() else json.dumps(step)}" for step in steps)


def _credential(exchanges: Sequence[Exchange]) -> Credential:
    """Return the credential of the run, even if a scenario used others; the first if none is the token."""
    credentials = [exchange.call.credential for exchange in exchanges]
    return next((one for one in credentials if one.shown == "$TOKEN"), credentials[0])


def _check(call: Call, made: Mapping[str, str], collection: str) -> str:
    """Return the command that reads the user of a call, and fails if the call must not be sent."""
    segment = _path(call.url).rpartition("/")[2]
    variables = {quote(user_id, safe=""): variable for user_id, variable in made.items()}
    user = f'"${{{variables[segment]}:?no user was created}}"' if segment in variables else shlex.quote(segment)
    own = {name: value for name, value in call.headers.items() if name not in OF_A_BODY}
    read = _with_variables(Call("GET", call.url, call.credential, own), made, collection)
    return f'may_change {user} "$({read})"'


def _end(url: str, profile: Profile) -> str:
    """Return how the URLs of users end: with a slash or not, and with the query of the create."""
    slash = "/" if profile.trailing_slash or profile.paths.item_slash else ""
    return slash + "".join(url.partition("?")[1:])


def _names_a_user(url: str, collection: str) -> bool:
    """Whether a URL cannot be taken for that of the collection, however a server decodes or normalizes it."""
    last = unquote(unquote(_path(url).rpartition("/")[2]))
    return _path(url) != _path(collection) and not any(part.strip() in NO_ID for part in re.split(r"[/\\]", last))


def _path(url: str) -> str:
    return urlsplit(url).path.removesuffix("/")


def _with_variables(call: Call, made: Mapping[str, str], collection: str) -> str:
    """Return the command of a call, with variables in place of the ids of users that the script creates.

    The script ends if such a variable is empty: without an id, the URL would be that of the whole collection. A
    variable is percent-encoded, so in a body it stands only for an id that is the same either way.
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
    return f"""'"${{{mark[1]}:?no user was created}}"{"" if mark[2] else "'"}"""


def _created_id(exchange: Exchange, place: Sequence[str]) -> str | None:
    """Return the id of the user that a create made."""
    if exchange.call.method != "POST" or exchange.answer is None or not is_success(exchange.status):
        return None
    try:
        document = exchange.answer.json()
    except ValueError:
        return None
    user_id = at(document, place)
    return None if user_id in (None, "") else str(user_id)
