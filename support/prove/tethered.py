"""Run a module that ends with whoever started it: `python -m support.prove.tethered MODULE [ARGUMENT ...]`.

Standard input is the tether: when it closes, even because the parent was killed, this process ends at once.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
import threading

CUT = 86


def main() -> None:
    """Tie this process to its standard input, and become the module."""
    tether = os.dup(sys.stdin.fileno())
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    threading.Thread(target=_end_when_cut, args=(tether,), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_when_cut(tether: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(tether, 4096):
            pass
    os._exit(CUT)


if __name__ == "__main__":
    main()
