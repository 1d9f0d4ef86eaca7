"""Words of shell commands with variables in place of what differs each time: the URL, the mark, ids and times."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import string
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from support.cleanup.marks import PREFIX
from support.contract.matchers import brief
from support.escaping import on_one_line
from support.exchange_text import curl, fits_in_a_word
from support.http.templates import password
from support.models import Call
from support.redaction import redacted

NOISE = " --globoff --path-as-is"


@dataclass
class Words:
    """Puts variables in place of the collection's URL, the mark of the run, and what creates have answered."""

    base_url: str
    mark: str
    ids: dict[str, str] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    _nonce: str = field(default_factory=lambda: "".join(secrets.choice(string.ascii_letters) for _ in range(16)))
    _names: list[str] = field(default_factory=list)

    def command(self, call: Call) -> str:
        """Return the curl command of a call."""
        url, body = self._with_user(call.url), call.body
        if url.startswith(self.base_url):
            url = self._variable("BASE_URL") + url.removeprefix(self.base_url)
        if body is not None:
            text = body.decode("utf-8", "surrogateescape").replace(password(), self._variable("PASSWORD"))
            text = self._with_ids(text) if fits_in_a_word(body) else text
            body = self._with_run(text).encode("utf-8", "surrogateescape")
        command = curl(replace(call, url=self._with_run(url), body=body)).replace("curl -i", "curl", 1)
        return self._in_shell(command.replace(NOISE, "", 1))

    def heading(self, number: int, call: Call, after: str) -> str:
        """Return a line about a request, with its body if that is text, as one word."""
        body = f" {brief(call.body.decode())}" if call.body and fits_in_a_word(call.body) else ""
        return self.text(on_one_line(f"# {number}. {call.method} {self._with_user(call.url)}{body}{after}"))

    def expectation(self, text: str) -> str:
        """Return an expectation as one word, with variables for ids and for the creation dates of users."""
        for created_at, name in self.times.items():
            text = text.replace(f'"{created_at}"', self._variable(name)) if name else text
        for user_id, name in self.ids.items():
            text = re.sub(rf"\bid {re.escape(user_id)}\b", f"id {self._variable(name)}", text)
        return self.text(text)

    def text(self, text: str) -> str:
        """Return a text as one word, with variables of the script for the ids and the mark of the run."""
        return self._in_shell(quoted(self._with_run(self._with_ids(text))))

    def word(self, text: str) -> str:
        """Return a text as one word, with a variable for the mark of the run."""
        return self._in_shell(quoted(self._with_run(text)))

    def user(self, user_id: str) -> str:
        """Return a word for an id as it stands in a URL."""
        return f'"${self.ids[user_id]}"' if user_id in self.ids else quoted(quote(user_id, safe=""))

    def value(self, key: str, value: Any) -> str | None:
        """Return a word for a value in JSON; None where it differs each time and no variable has it."""
        if key == "createdAt":
            return f'"${self.times[value]}"' if self.times.get(value) else None
        if key == "id":
            text = str(value)
            if text not in self.ids or quote(text, safe="") != text:
                return None
            return f"""'"'"${self.ids[text]}"'"'""" if isinstance(value, str) else f'"${self.ids[text]}"'
        return self.word(json.dumps(value, ensure_ascii=False))

    def variables_in(self, command: str) -> list[str]:
        """Return the variables with ids that a command needs."""
        return sorted({name for name in self.ids.values() if f"${{{name}}}" in command})

    def _with_user(self, url: str) -> str:
        """Return a URL with the variable for the id of the user whom it names."""
        for user_id in self.ids:
            segment = re.escape(f"{self.base_url}/{quote(user_id, safe='')}") + r"(?=$|[/?])"
            url = re.sub(segment, f"{self.base_url}/{self._variable(self.ids[user_id])}", url)
        return url

    def _variable(self, name: str) -> str:
        """Return a placeholder that stands for a variable until the text is quoted; it has only letters and braces."""
        if name not in self._names:
            self._names.append(name)
        place = self._names.index(name)
        return f"{{{self._nonce}{chr(97 + place // 26)}{chr(97 + place % 26)}}}"

    def _with_run(self, text: str) -> str:
        """Return a text with the script's own mark, as a variable, for the run's; its digits have no letter case."""
        own = "".join(map(_in_any_form, self.mark.removeprefix(PREFIX)))
        run = re.compile(f"({''.join(map(_in_any_form, PREFIX))}){own}", re.IGNORECASE)
        return run.sub(lambda found: found[1] + self._variable("RUN"), text) if self.mark else text

    def _with_ids(self, text: str) -> str:
        """Return a text with variables for quoted ids, if percent-encoding does not change them."""
        for user_id, name in self.ids.items():
            if quote(user_id, safe="") == user_id:
                text = text.replace(f'"{user_id}"', f'"{self._variable(name)}"')
        return text

    def _in_shell(self, command: str) -> str:
        """Return a command with each placeholder as its variable in double quotes, between quoted parts of a word."""
        variable = re.compile(rf"(?:\{{|\\173){self._nonce}([a-z])([a-z])(?:\}}|\\175)")

        def named(found: re.Match[str]) -> str:
            return f"""'"${{{self._names[(ord(found[1]) - 97) * 26 + ord(found[2]) - 97]}}}"'"""

        return re.sub(r"(?<=[\s;(])''(?=\")|(?<=[\"])''(?=[\s)\"])", "", variable.sub(named, command))


def quoted(text: str) -> str:
    """Return a text as one word, without secrets; as only texts are redacted, no token can damage the script itself."""
    return shlex.quote(redacted(text))


def _in_any_form(sign: str) -> str:
    """Return a pattern for a character as it is, escaped as JSON may have it, or percent-encoded."""
    return rf"(?:{re.escape(sign)}|\\u{ord(sign):04x}|%{ord(sign):02x})"
