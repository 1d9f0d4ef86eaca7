"""The acceptance suite, with the embedded API and the tools that come along."""

import os
import sys


def open_standard_streams() -> None:
    """Open an empty stream in place of each standard stream that the process was started without.

    Otherwise the next socket gets the file descriptor of the missing stream: libuv aborts when it has to close that
    socket, and a child process takes the socket for its own standard stream.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest free one: `number`
        if getattr(sys, name) is None:
            stream = open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8")  # noqa: SIM115 - it stays open
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


open_standard_streams()
