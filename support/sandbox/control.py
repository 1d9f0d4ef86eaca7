"""The control resource: faults and statistics. It is not part of the users resource."""

import json
from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import PROBLEM, Call, bears
from support.sandbox.faults import Faults, read_faults
from support.sandbox.stats import Stats

CONTROL = "/_control/"


class Control:
    """`/_control/faults` (GET, PUT, DELETE) and `/_control/stats` (GET), for the bearer of the same token."""

    def __init__(self, faults: Faults, stats: Stats, token: str) -> None:
        self._faults = faults
        self._stats = stats
        self._token = token
        self._routes: dict[str, Callable[[Call], Response]] = {
            "GET faults": self._show_faults,
            "PUT faults": self._replace_faults,
            "DELETE faults": self._clear_faults,
            "GET stats": self._show_stats,
        }

    def handle(self, path: str, call: Call) -> Response:
        """Answer one request; `path` is what comes after `/_control/`."""
        if not bears(call.headers, self._token):
            return _problem(401, "The request needs the bearer token.")
        handler = self._routes.get(f"{call.method} {path}")
        return _problem(404, "There is no such control.") if handler is None else handler(call)

    def _show_faults(self, _call: Call) -> Response:
        return JSONResponse([fault.report() for fault in self._faults.present])

    def _replace_faults(self, call: Call) -> Response:
        try:
            self._faults.present = read_faults(json.loads(call.body))
        except ValueError as error:
            return _problem(422, str(error))
        return self._show_faults(call)

    def _clear_faults(self, _call: Call) -> Response:
        self._faults.present = []
        return Response(status_code=204)

    def _show_stats(self, _call: Call) -> Response:
        return JSONResponse(self._stats.report())


def _problem(status: int, detail: str) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"status": status, "detail": detail}, status, headers, PROBLEM)
