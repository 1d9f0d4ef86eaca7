"""One logger for the whole suite: colourised on a terminal, plain when piped or with NO_COLOR."""

from __future__ import annotations

import logging

QUIET = ("urllib3", "httpx", "httpcore", "asyncio", "faker", "filelock")


class _Redacting(logging.Filter):
    """Keeps secrets out of every line, whoever writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        from support.transport.transcript import redacted

        record.msg, record.args = redacted(record.getMessage()), ()
        return True


def set_up_logs(level: str) -> logging.Logger:
    """Send the suite's log to standard error at this level; calling it again changes the level only."""
    from rich.console import Console
    from rich.logging import RichHandler

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
        handler.addFilter(_Redacting())
        log.addHandler(handler)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return log
