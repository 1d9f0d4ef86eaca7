"""A scenario as a shell script: its requests up to the wrong one, with users of its own, whom it deletes."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from support.cleanup.marks import mark_in, new_mark
from support.contract.claims import Claim
from support.exchange_text import status_of
from support.http.urls import names_another_method, with_query
from support.models import Call, Credential
from support.pointers import at, steps_of
from support.profile import Profile
from support.redaction import redacted
from support.reporting.replay.checks import Unclear, commands, place
from support.reporting.replay.choosing import Step, created_id
from support.reporting.replay.words import Words, quoted
from support.settings import ROOT
from support.statuses import UNAUTHORIZED, is_success

FUNCTIONS = Path(__file__).with_name("functions.sh")
SECRET = re.compile(r"\$([A-Z_][A-Z0-9_]*)", re.IGNORECASE)
DIGITS, MARKS = "234567", 24
UPDATES = ("PUT", "PATCH", "DELETE")
NO_ID = ("", ".", "..")
SETTING = r"""
# What .env says is for the API in .env alone.
setting() {
  [ "$own" = "${BASE_URL%/}" ] || [ "$1" = BASE_URL ] || return 0
  sed -n "s/^\(export \)\{0,1\} *$1 *= *//p" @FILE@ 2>/dev/null | tail -n 1 |
    sed -e "s/^\([\"']\)\(.*\)\1.*/\2/" -e t -e 's/ \{1,\}#.*//' -e 's/ *$//'
}
own=$(setting BASE_URL) own=${own%/}
"""
SENT_SETTING = """\
[ -n "${@NAME@-}" ] || @NAME@=$(setting @NAME@)
[ -n "$@NAME@" ] || { echo '# @NAME@, which each request has in a header or its query, is not set'; exit 2; }"""
FROM_SETTINGS = """\
[ -n "${TOKEN-}${TOKEN_COMMAND-}" ] || { TOKEN=$(setting TOKEN) TOKEN_COMMAND=$(setting TOKEN_COMMAND); }
[ -n "${TOKEN-}" ] || [ -z "${TOKEN_COMMAND-}" ] || TOKEN=$(sh -c "$TOKEN_COMMAND")
if [ -z "${TOKEN-}" ]; then
  [ -z "${TOKEN_COMMAND-}" ] || { echo '# TOKEN_COMMAND has printed no token: run it by hand'; exit 2; }
  echo '# Neither TOKEN, the token of the API, nor TOKEN_COMMAND is set'
  exit 2
fi
"""


@dataclass(frozen=True)
class Wrong:
    """What a script judges: the claims about its last answer, what was expected, and what came, in words."""

    claims: Sequence[Claim]
    expected: str
    actual: str


def script(steps: Sequence[Step], wrong: Wrong, profile: Profile, base_url: str, patience_s: int = 0) -> str:
    """Return a POSIX shell script that sends the same requests in turn and exits 1 while the last answer is wrong.

    A variable stands for each id that a create returned. A request that may change a user is sent only after a read
    that shows no user, or one that the script made. `patience_s` is how long the last answer may take to become right.
    Raises Unclear if a claim about that answer cannot be checked, or a request cannot be written for new users.
    """
    bodies = [(step.exchange.call.body or b"").decode("utf-8", "replace") for step in steps]
    if any("\0" in body for body in bodies):  # such as UTF-16, in which nothing can be replaced
        raise Unclear
    words = Words(base_url, next(filter(None, map(mark_in, bodies)), ""))
    return "\n".join(_Script(steps, wrong, profile, words, patience_s).lines()) + "\n"


@cache
def _marks() -> str:
    """Return marks of digits only, which no change of letter case changes."""
    found: set[str] = set()
    while len(found) < MARKS:
        mark = new_mark(DIGITS).removeprefix("uat-")
        found |= {mark} if mark.isdigit() else set()
    return " ".join(found)


class _Script:
    def __init__(self, steps: Sequence[Step], wrong: Wrong, profile: Profile, words: Words, patience_s: int) -> None:
        self._steps, self._wrong, self._profile, self._words = steps, wrong, profile, words
        self._patience_s, self._collection = patience_s, words.base_url
        self._creates = _path(profile.paths.create or words.base_url)
        names = profile.names
        self._created_pointer = names.user_pointer if names.created_pointer is None else names.created_pointer
        credentials = [step.exchange.call.credential for step in steps]
        self._credential: Credential = next((one for one in credentials if one.shown == "$TOKEN"), credentials[0])

    def lines(self) -> Iterator[str]:
        yield from self._settings()
        yield FUNCTIONS.read_text(encoding="utf-8")
        yield from self._own_users()
        for number, step in enumerate(self._steps[:-1], start=1):
            yield from self._step(number, step)
        yield from self._last(len(self._steps), self._steps[-1])

    def _settings(self) -> Iterator[str]:
        names, answers, profile = self._profile.names, self._profile.answers, self._profile
        users = {names.user_pointer, self._created_pointer}
        places = {place((*steps_of(pointer), *names.paths["id"])) for pointer in users}
        if profile.shape.created == "id":
            places.add(place(steps_of(self._created_pointer)))
        yield f': "${{BASE_URL:={redacted(self._collection)}}}"' if "$" not in redacted(self._collection) else ""
        yield SETTING.replace("@FILE@", quoted(os.fspath(ROOT / ".env")))
        if self._credential.shown == "$TOKEN":
            yield FROM_SETTINGS
        sent = " ".join(
            [*profile.headers.values(), *(value for one in vars(profile.query).values() for value in one.values())]
        )
        for name in dict.fromkeys(SECRET.findall(redacted(sent))):
            yield SENT_SETTING.replace("@NAME@", name)
        yield "PLACES=" + quoted("\n".join(["", *sorted(places), ""]))
        yield f"LISTED={quoted(place(steps_of(names.list_pointer)))}"
        yield f"ID_PLACE={quoted(place(names.paths['id']))}"
        yield f"BY_LOCATION={'yes' if profile.shape.created == 'location' else ''}"
        yield f"UNKNOWN='{' '.join(map(str, sorted({*answers.unknown, *answers.gone})))}'"
        yield f"MARKS='{_marks()}'"
        yield f"WAS={self._steps[-1].exchange.status or ''}"

    def _own_users(self) -> Iterator[str]:
        """Yield the functions that read and delete one user."""
        slash = "/" if self._profile.trailing_slash or self._profile.paths.item_slash else ""
        headers = {"Accept": self._profile.media_types.accept, **self._profile.headers}
        for name, method in (("read_user", "GET"), ("delete_user", "DELETE")):
            url = with_query(f"{self._collection}/@ID@{slash}", self._profile.query.of(method))
            command = self._words.command(Call(method, url, self._credential, headers))
            command = re.sub(r"'?([^\s']*)@ID@([^\s']*)'?", lambda it: f"'{it[1]}'\"$1\"'{it[2]}'", command)
            yield f"{name}() {{ {command.replace('curl', 'curl -f' if method == 'DELETE' else 'curl', 1)}; }}"

    def _step(self, number: int, step: Step) -> Iterator[str]:
        call = step.exchange.call
        after = f", which got {status_of(step.exchange)} in the run"
        may_hit_all = self._changes(call) and not _names_a_user(call.url, self._collection)
        after += ", is not sent: it may name the whole collection" if may_hit_all else ""
        yield f"\nsay '' {self._words.heading(number, call, after)}"
        if may_hit_all:
            return
        sending = self._sending(step)
        if step.polls:
            yield from (f"step_{number}() {{", *(f"  {line}" for line in sending), "}")
            yield f"until_status step_{number} {step.exchange.status or 0}"
        else:
            yield from sending
        yield from self._remembering(step)

    def _last(self, number: int, step: Step) -> Iterator[str]:
        call = step.exchange.call
        if self._changes(call) and not _names_a_user(call.url, self._collection):
            raise Unclear
        if is_success(step.exchange.status) and self._names_a_derived_id(call):
            raise Unclear  # the answer showed a user of the run, by an id derived from theirs
        after = f": expected {self._wrong.expected}, got {self._wrong.actual} in the run  <-- here"
        yield f"\nsay '' {self._words.heading(number, call, after)}"
        yield f"EXPECTED={self._words.expectation(self._wrong.expected)}"
        sending = self._sending(step, after_sign_in=self._wants_no_entry(call))
        checks = commands(self._wrong.claims, step.exchange, self._profile, self._words)
        yield from ("here() {", *(f"  {line}" for line in (*sending, *checks)), "}")
        yield f"play_wrong_step {self._patience_s}"

    def _wants_no_entry(self, call: Call) -> bool:
        """Whether the target should have refused a request without the right token."""
        refused = any(claim.kind == "status" and UNAUTHORIZED in claim.values for claim in self._wrong.claims)
        return refused and call.credential != self._credential

    def _sending(self, step: Step, after_sign_in: bool = False) -> list[str]:
        """Return the commands that send a request, once a read has shown that it may be sent.

        Raises Unclear for a known id in another spelling, or in the query of a write, for which no variable can stand.

        `after_sign_in` first sends a read with the right token on the same connection, which may then let others in.
        """
        call = step.exchange.call
        named = _path(call.url).rpartition("/")[2]
        if unquote(named) in self._words.ids and named not in (unquote(named), quote(unquote(named), safe="")):
            raise Unclear
        query = parse_qsl(urlsplit(call.url).query)
        if call.method in ("PUT", "PATCH", "DELETE") and any(value in self._words.ids for _, value in query):
            raise Unclear
        command = self._words.command(call)
        if after_sign_in:
            command = f"{self._reading(call)} -o /dev/null --next $OPTIONS {command.removeprefix('curl ')}"
        lines = [f'known "${name}"' for name in self._words.variables_in(command)]
        user = self._words.user(unquote(named))
        if self._changes(call):
            lines.append(f'may_change {user} "$({self._reading(call)})"')
        may_make = {"POST": " created", "PUT": " made", "PATCH": " made"}.get(call.method, "")
        lines.append(f"answer=$({command})")
        lines.append(f"came $?{may_make}")
        if call.method in ("PUT", "PATCH"):
            lines.append(f"remember {user}")
        return lines

    def _remembering(self, step: Step) -> Iterator[str]:
        """Yield the commands that keep the id and the time of a new user."""
        words, user_id = self._words, created_id(step.exchange, self._profile)
        if user_id is None or user_id in words.ids:
            return
        words.ids[user_id] = f"USER_{len(words.ids) + 1}"
        yield f'{words.ids[user_id]}=$(id_in "$answer")'
        names = self._profile.names
        created_at = at(step.exchange.answer.json(), names.paths["createdAt"]) if step.exchange.answer else None
        if isinstance(created_at, str) and self._profile.shape.created == "user":
            variable = f"TIME_{len(words.ids)}"
            words.times[created_at] = "" if created_at in words.times else variable  # several users may share a time
            where = place((*steps_of(self._created_pointer), *names.paths["createdAt"]))
            yield f"{variable}=$(value_at {quoted(where)})"

    def _changes(self, call: Call) -> bool:
        is_update = call.method in UPDATES or names_another_method(call.url, call.headers)
        return is_update or (call.method == "POST" and _path(call.url) != self._creates)

    def _names_a_derived_id(self, call: Call) -> bool:
        """Whether a call is for an id derived from one that a create returned, such as `07` from `7`."""
        named, ids = unquote(_path(call.url).rpartition("/")[2]), self._words.ids
        return named not in ids and any(bare in _bare(named) for bare in map(_bare, ids) if bare)

    def _reading(self, call: Call) -> str:
        """Return the command that reads the user of a call, with the token of the run, and with nothing unusual."""
        url = with_query(call.url.partition("?")[0], self._profile.query.of("GET"))
        headers = {"Accept": self._profile.media_types.accept, **self._profile.headers}
        return self._words.command(Call("GET", url, self._credential, headers))


def _names_a_user(url: str, collection: str) -> bool:
    """Whether a URL cannot be taken for that of the collection, however a server decodes or normalizes it."""
    last = unquote(unquote(_path(url).rpartition("/")[2]))
    return _path(url) != _path(collection) and not any(part.strip() in NO_ID for part in re.split(r"[/\\]", last))


def _bare(user_id: str) -> str:
    """Return an id without what a server may ignore in it: punctuation, letter case, the form of its digits."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", user_id).casefold())


def _path(url: str) -> str:
    return urlsplit(url).path.removesuffix("/")
