"""Private names of other libraries: each is used in one function here, with the reason, and nowhere else.

`support/tests/house/test_compat.py` fails when a library changes one of these names. Importing this module loads
none of the libraries, as the first hook has to begin before the clients are loaded.
"""

from __future__ import annotations

import atexit
import http.client
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.statuses import is_interim

if TYPE_CHECKING:
    import httpcore
    import httpx
    from allure_commons.logger import AllureFileLogger
    from behave.model import Row, Scenario
    from behave.runner import Context, ModelRunner

MOST_INTERIM = 100


def replace_pool(transport: httpx.AsyncHTTPTransport, pool: httpcore.AsyncConnectionPool) -> None:
    """Put `pool` in the place of httpx's own pool: httpx has no parameter for a network backend."""
    transport._pool = pool


class FinalResponse(http.client.HTTPResponse):
    """The final answer: http.client skips only status 100, and only `_read_status` sees the other interim answers."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM):
            if not is_interim((found := super()._read_status())[1]):  # type: ignore[misc]
                return found  # type: ignore[no-any-return]
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"got more than {MOST_INTERIM} interim answers")


def call_before_exit(act: Callable[[], None]) -> None:
    """Call `act` when the process ends, while threads can still be started; `atexit` is too late for that."""
    register: Callable[[Callable[[], None]], object] = getattr(threading, "_register_atexit", atexit.register)
    register(act)


def runner_of(context: Context) -> ModelRunner:
    """Return the runner behind a hook's context: behave gives hooks neither its features nor its other hooks."""
    runner: ModelRunner = context._runner
    return runner


def keep_name_of_runner_quiet() -> None:
    """Keep behave from printing the name of its runner's class, which says nothing to readers: behave has no option."""
    for module in (sys.modules["__main__"], sys.modules.get("behave.__main__")):
        if hasattr(module, "make_scoped_class_name"):
            module.print = _print_all_but_the_runner  # type: ignore[union-attr]


def _print_all_but_the_runner(*texts: object, **options: Any) -> None:
    if not str(texts[0] if texts else "").startswith("USING RUNNER: "):
        print(*texts, **options)  # noqa: T201 - behave's own words


def row_of(scenario: Scenario) -> Row | None:
    """Return the row of an outline that a scenario was made from: behave shows it only in the scenario's name."""
    row: Row | None = scenario._row
    return row


def report_folder_of(logger: AllureFileLogger) -> Path:
    """Return the folder that Allure writes its results to: Allure's hooks do not name it."""
    folder: Path = logger._report_dir
    return folder
