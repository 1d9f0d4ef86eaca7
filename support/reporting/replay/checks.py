"""The claims about an answer as commands of a shell script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from support.contract.claims import Claim
from support.contract.leaks import leaks_in
from support.models import Exchange
from support.pointers import steps_of
from support.profile import Profile
from support.profile_answers import Shape
from support.reporting.replay.words import Words, quoted
from support.scenario.answers import SECRETS
from support.scenario.user_checks import SERVER_FIELDS

FORMS = {
    "id": '^"[^"]',
    "name": '^"[^"]',
    "email": '^".*@',
    "createdAt": r'^"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+([Zz]|[+-][0-9:]{5})"$',
}
KINDS_OF_VALUES = {"email": " any-case", "createdAt": " time"}
LONGEST_LEAK = 40


class Unclear(Exception):
    """A claim that a script cannot check."""


def commands(claims: Sequence[Claim], exchange: Exchange, profile: Profile, words: Words) -> list[str]:
    """Return commands that check an answer; raises Unclear without a claim, or if a claim cannot be checked."""
    if not claims:
        raise Unclear
    return list(dict.fromkeys(command for claim in claims for command in _Checks(exchange, profile, words).of(claim)))


def place(steps: Sequence[str]) -> str:
    """Return the place of a value as the script writes it: each key as in JSON, after a slash."""
    return "".join(f"/{step if step.isdecimal() else json.dumps(step, ensure_ascii=False)}" for step in steps)


class _Checks:
    """Translates the claims about one answer into commands."""

    def __init__(self, exchange: Exchange, profile: Profile, words: Words) -> None:
        self._exchange, self._profile, self._words = exchange, profile, words

    def of(self, claim: Claim) -> Iterator[str]:
        of_kind = getattr(self, f"_{claim.kind.replace('-', '_')}")
        yield from of_kind(*claim.values)

    def _status(self, *statuses: int) -> Iterator[str]:
        if self._exchange.answer is not None and self._exchange.answer.sent_status is not None:
            raise Unclear
        yield f"wants_status {' '.join(map(str, statuses))}"

    def _fields(self, *fields: tuple[str, Any]) -> Iterator[str]:
        if self._exchange.call.lists:
            raise Unclear
        found = [self._value(quoted(self._at(key)), key, value) for key, value in fields]
        if not any(found):
            raise Unclear
        yield from filter(None, found)

    def _value(self, where: str, key: str, value: Any) -> str | None:
        word = None if isinstance(value, dict | list) else self._words.value(key, value)
        return word and f"wants_value {where} {word}{KINDS_OF_VALUES.get(key, '')}"

    def _shape(self) -> Iterator[str]:
        if self._profile.shape != Shape():
            raise Unclear
        command = "wants_each" if self._exchange.call.lists else "wants_form"
        for key, form in FORMS.items():
            steps = place(self._profile.names.paths[key]) if self._exchange.call.lists else self._at(key)
            yield f"{command} {quoted(steps)} {quoted(form)}"

    def _list(self) -> Iterator[str]:
        yield "wants_list"

    def _shown(self, user_id: str | None, times: int) -> Iterator[str]:
        yield f"wants_shown {self._user(user_id)} {times}"

    def _only(self, *user_ids: str | None) -> Iterator[str]:
        yield " ".join(["wants_only", *map(self._user, user_ids)])

    def _count(self, least: int, most: int) -> Iterator[str]:
        yield f"wants_count {least} {most}"

    def _entry(self, user_id: str | None, *fields: tuple[str, Any]) -> Iterator[str]:
        start = f'"$LISTED/$(place_of {self._user(user_id)})"'
        for key, value in fields:
            steps = place(self._profile.names.paths.get(key, (key,)))
            if command := self._value(start + quoted(steps), key, value):
                yield command

    def _header(self, name: str) -> Iterator[str]:
        if name in ("Location", "ETag"):
            raise Unclear
        was = self._exchange.answer.header(name) if self._exchange.answer else None
        yield f"wants_header {name}" + (f" {self._words.word(was)}" if was else "")

    def _empty(self) -> Iterator[str]:
        yield "wants_no_body"

    def _no_secret(self) -> Iterator[str]:
        yield " ".join(["wants_no_secret", *map(quoted, SECRETS.values())])

    def _problem(self) -> Iterator[str]:
        yield "wants_problem"
        yield from self._no_leak()

    def _no_leak(self) -> Iterator[str]:
        text = self._exchange.answer.body.decode("utf-8", "replace") if self._exchange.answer else ""
        for leak in leaks_in(text, self._exchange.call.url).values():
            yield f"wants_without {quoted(leak.splitlines()[0][:LONGEST_LEAK])}"

    def _not_kept(self, *fields: tuple[str, Any]) -> Iterator[str]:
        if self._exchange.call.lists or not fields or any(isinstance(value, dict | list) for _, value in fields):
            raise Unclear
        for key, value in fields:
            for name in dict.fromkeys([key, SERVER_FIELDS.get(key, key)]):
                is_id = str(value) in self._words.ids
                kept = (
                    self._words.value("id", value) if is_id else self._words.word(json.dumps(value, ensure_ascii=False))
                )
                if kept is None:
                    raise Unclear
                yield f"wants_not {quoted(self._at(name))} {kept}"

    def _user(self, user_id: str | None) -> str:
        if user_id is None:
            raise Unclear
        return self._words.user(user_id)

    def _at(self, key: str) -> str:
        """Return the place of a field of the user in the answer; raises Unclear if the answer shows no user."""
        names, method = self._profile.names, self._exchange.call.method
        shape, created = self._profile.shape, names.created_pointer
        if (method == "POST" and shape.created != "user") or (method in ("PUT", "PATCH") and shape.updated != "user"):
            raise Unclear
        pointer = {"POST": created, "PUT": names.updated_pointer, "PATCH": names.updated_pointer}.get(method)
        return place((*steps_of(names.user_pointer if pointer is None else pointer), *names.paths.get(key, (key,))))
