"""One logger for the whole suite: colourised on a terminal, plain when piped or with NO_COLOR."""

from __future__ import annotations

import logging
import traceback
from typing import Any

QUIET = ("urllib3", "httpx", "httpcore", "asyncio", "faker", "filelock")


class _Record(logging.LogRecord):
    """A redacted record, for the handlers of all libraries."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        from support.redaction import redacted

        self.msg, self.args = redacted(self.getMessage()), ()
        if self.exc_info and self.exc_info[0]:
            self.exc_text = redacted("".join(traceback.format_exception(*self.exc_info)).rstrip())


def set_up_logs(level: str) -> logging.Logger:
    """Send the suite's log to standard error at this level; calling it again changes the level only.

    From then on every record of the process, whatever writes it, is redacted.
    """
    from rich.console import Console
    from rich.logging import RichHandler

    logging.setLogRecordFactory(_Record)
    log = logging.getLogger("acceptance")
    log.setLevel(level)
    log.propagate = False
    if not log.handlers:
        console = Console(stderr=True)
        if console.is_terminal:
            handler: logging.Handler = RichHandler(
                console=console, show_path=False, markup=False, log_time_format="%H:%M:%S"
            )
        else:
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return log
