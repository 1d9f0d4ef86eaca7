"""Play a share of the features for another run: `python -m support.worker`, with the arguments of behave.

Which features, and with which settings of its own, is told on standard input, in one line. When that ends, so does this
process, after it has cleaned up: the run that started it wants it to, or is gone.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import sys
import threading

from support.early_signals import FAULT, has_begun
from support.workers import WorkerTask, obey

STDIN = 0


def main() -> None:
    """Play what is told, as behave does."""
    from behave.__main__ import main as behave

    try:
        obey(WorkerTask(**json.loads(_line())))
    except (TypeError, ValueError):
        sys.exit("support.worker was not told what to play: it is started by a run of behave with WORKERS=2 or more")
    threading.Thread(target=_end_with_input, daemon=True).start()
    sys.exit(behave(sys.argv[1:]))


def _line() -> bytes:
    """Read a line from standard input past Python's own buffers, which a thread that waits there would keep locked."""
    line = b""
    while not line.endswith(b"\n") and (octet := os.read(STDIN, 1)):
        line += octet
    return line


def _end_with_input() -> None:
    with contextlib.suppress(OSError):
        while os.read(STDIN, 4096):
            pass
    if not has_begun():
        os._exit(FAULT)
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        _thread.interrupt_main()


if __name__ == "__main__":
    main()
