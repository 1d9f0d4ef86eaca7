"""The acceptance suite, with the embedded API and the tools that come along."""

import os
import sys


def open_standard_streams() -> None:
    """Give a process that was started without standard input, output or error an empty one.

    Otherwise the next socket takes the number of the missing one: libuv aborts when it is to close it, and a child
    process takes it for its own stream.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            stream = open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8")  # noqa: SIM115 - it stays open
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


open_standard_streams()
