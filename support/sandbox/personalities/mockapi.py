"""An imitation of a mockapi.io project with the resource `users`, according to public records of it.

It checks nothing, knows no access control, and fills in what is missing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from support.sandbox.checks import read_json
from support.sandbox.exchange import Call

CAP = 100
_FIELDS = ("createdAt", "name", "email")
_PAGING = ("page", "limit")
_DEFAULT_LIMIT = 10

Record = dict[str, Any]


class Records:
    """The records, in the order of their creation. They last no longer than the process."""

    def __init__(self) -> None:
        self.by_id: dict[str, Record] = {}
        self.last_id = 0
        self.duplicates = 0
        self.recreated = 0
        self._held: set[str] = set()

    def count(self) -> int:
        """Count the records."""
        return len(self.by_id)

    def add(self, sent: Record) -> Record:
        """Store a record under the next id; a client's id is overridden."""
        self.last_id += 1
        number = str(self.last_id)
        filled: Record = {"createdAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        filled |= {field: f"{field} {number}" for field in _FIELDS if field not in filled}
        record = {**filled, **sent, "id": number}
        self._watch(str(record["email"]).casefold())
        self.by_id[number] = record
        return record

    def _watch(self, email: str) -> None:
        self.duplicates += any(str(record["email"]).casefold() == email for record in self.by_id.values())
        self.recreated += email in self._held
        self._held.add(email)


class MockApi:
    """The resource. `unknown_status` is the status for an unknown id: 404, in some projects 500."""

    def __init__(self, path: str, unknown_status: int = 404) -> None:
        self.path = path
        self.records = Records()
        self._unknown_status = unknown_status

    async def handle(self, call: Call) -> Response:
        """Answer one request."""
        if call.user_id is None:
            handlers = {"GET": self._list, "HEAD": self._list, "POST": self._create}
            handler = handlers.get(call.method)
            return handler(call) if handler else JSONResponse("Invalid request", 400)
        record = self.records.by_id.get(call.user_id)
        if record is None:
            return JSONResponse("Not found", self._unknown_status)
        changers: dict[str, Callable[[Record, Call], Response]] = {
            "GET": self._show,
            "HEAD": self._show,
            "PUT": self._change,
            "PATCH": self._change,
            "DELETE": self._delete,
        }
        changer = changers.get(call.method)
        return changer(record, call) if changer else JSONResponse("Invalid request", 400)

    def _create(self, call: Call) -> Response:
        if self.records.count() >= CAP:
            return JSONResponse("Max number of elements reached for this resource!", 400)
        return JSONResponse(self.records.add(_sent(call)), 201)

    def _list(self, call: Call) -> Response:
        wanted = {field: text for field, text in call.query.items() if field not in _PAGING}
        found = [record for record in self.records.by_id.values() if _matches(record, wanted)]
        if any(parameter in call.query for parameter in _PAGING):
            page, limit = (_number(call, name, default) for name, default in (("page", 1), ("limit", _DEFAULT_LIMIT)))
            found = found[(page - 1) * limit : page * limit]
        if not found and call.query:
            return JSONResponse("Not found", 404)
        return JSONResponse(found)

    def _show(self, record: Record, _call: Call) -> Response:
        return JSONResponse(record)

    def _change(self, record: Record, call: Call) -> Response:
        record.update({**_sent(call), "id": record["id"]})
        return JSONResponse(record)

    def _delete(self, record: Record, _call: Call) -> Response:
        return JSONResponse(self.records.by_id.pop(record["id"]))


def _sent(call: Call) -> Record:
    """Read the body; one that is no JSON object counts as an empty one."""
    try:
        document = read_json(call.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _matches(record: Record, wanted: dict[str, str]) -> bool:
    return all(text.casefold() in str(record.get(field, "")).casefold() for field, text in wanted.items())


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 16 else default
