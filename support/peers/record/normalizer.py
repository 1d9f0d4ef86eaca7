"""Replace in an answer what differs from run to run, and nothing else.

An id becomes `<string 1>` or `<integer 1>`, numbered in the order of appearance, so that its type and equal ids are
still seen. A time of creation becomes `<time of string 1>`, after its user, or `<another time>` if it changed.
"""

import re
from operator import itemgetter
from typing import TypeGuard

from support.peers.installing import HOMES
from support.peers.recipe import Dialect

RECORDED_HEADERS = (
    "content-type",
    "location",
    "allow",
    "www-authenticate",
    "retry-after",
    "link",
    "x-total-count",
)
LONGEST_TEXT = 240
SHORTENED = 8
SHORTENED_WITHOUT_ORDER = 5
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Normalizer:
    """Replaces ids, times, the server's URL and its folder by stable labels."""

    def __init__(self, url: str, home: str, dialect: Dialect) -> None:
        """`home` is the name of the peer's folder."""
        self._url = url
        self._home = str(HOMES / home)
        self._dialect = dialect
        self._ids: dict[str, str] = {}
        self._created: dict[str, str] = {}
        self._sent: set[str] = set()

    def keep_as_sent(self, text: str) -> None:
        """Do not replace a value that a client chose: the recording has to show whether it comes back."""
        self._sent.add(text)

    def path(self, path: str) -> str:
        """Replace the id at the end of a path, also before a suffix."""
        head, slash, last = path.rpartition("/")
        user_id, dot, suffix = last.partition(".")
        return f"{head}{slash}{self._ids.get(user_id, user_id)}{dot}{suffix}"

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return the headers that the contract mentions."""
        return {
            name: self.path(self._plain(headers[name])) if name == "location" else self._plain(headers[name])
            for name in RECORDED_HEADERS
            if name in headers
        }

    def body(self, body: object) -> object:
        """Replace in a JSON value or a text."""
        if isinstance(body, dict):
            user = self._label(body.get(self._dialect.id))
            return {key: self._field(key, value, user) for key, value in body.items()}
        if isinstance(body, list):
            return self._list([self.body(item) for item in body])
        return self._plain(body) if isinstance(body, str) else body

    def _list(self, items: list[object]) -> list[object]:
        """Shorten a long list, and sort one without a stable order."""
        emails = [str(item.get("email", "")) if isinstance(item, dict) else "" for item in items]
        if not self._dialect.ordered:
            if len(items) >= SHORTENED_WITHOUT_ORDER:
                return [f"<{len(items)} items>"]
            return [item for _, item in sorted(zip(emails, items, strict=True), key=itemgetter(0))]
        if len(items) >= SHORTENED:
            return [f"<{len(items)} items: {emails[0]} to {emails[-1]}>"]
        return items

    def _field(self, key: str, value: object, user: str) -> object:
        if key == self._dialect.id:
            return user or value
        if key == self._dialect.created_at and user and self._is_time_of_server(value):
            same = self._created.setdefault(user, value) == value
            return f"<time of {user.strip('<>')}>" if same else "<another time>"
        return self.body(value)

    def _is_time_of_server(self, value: object) -> TypeGuard[str]:
        return isinstance(value, str) and value not in self._sent and bool(DATE_TIME.fullmatch(value))

    def _label(self, value: object) -> str:
        """Return the label of an id; an empty text for a value that is no id."""
        if isinstance(value, bool) or not isinstance(value, str | int) or str(value) in self._sent:
            return ""
        kind = "integer" if isinstance(value, int) else "string"
        return self._ids.setdefault(str(value), f"<{kind} {len(self._ids) + 1}>")

    def _plain(self, text: str) -> str:
        for found, named in ((self._url, "<base>"), (self._home, "<home>")):
            text = text.replace(found, named)
        for found, named in self._ids.items():
            if named.startswith("<string"):
                text = text.replace(found, named)
        text = re.sub(r"(node:[\w/]+):\d+:\d+", r"\1", text)
        text = re.sub(r"(.)\1{20,}", lambda run: f"<{len(run[0])} times {run[1]}>", text)
        return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
