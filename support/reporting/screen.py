"""Where lines go: in colour and with a line that changes in place on a terminal, plain and in order anywhere else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console

from support.escaping import CI_COMMAND_AT_THE_START

NARROWEST, WIDEST = 40, 100
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
ALWAYS = ("on", "always", "yes", "true")
NEVER = ("off", "never", "no", "false")
ERASE = "\r\x1b[2K"


class Screen:
    """A stream seen as a screen of 40 to 100 columns. NO_COLOR, TERM and behave's --color are honoured."""

    def __init__(self, stream: Any, colour: str = "auto") -> None:
        console = Console(file=stream)
        self.is_live = console.is_terminal and not console.is_dumb_terminal
        self.width = max(NARROWEST, min(WIDEST, console.width)) if self.is_live else WIDEST
        self.is_colourful = colour in ALWAYS or (colour not in NEVER and self.is_live and not console.no_color)
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._changing = False
        self._blank = True
        self.was_read = True

    def paint(self, text: str, *styles: str) -> str:
        """Return a text in colour where there is colour."""
        if not self.is_colourful or not styles or not text:
            return text
        return f"\x1b[{';'.join(STYLES[style] for style in styles)}m{text}\x1b[0m"

    def print(self, line: str = "") -> None:
        """Print a line that stays; wrapped, it may begin with what a CI job would take for a command."""
        self.clear()
        self._write(CI_COMMAND_AT_THE_START.sub(r"\1\\x3a", line) + "\n")
        self._blank = not line

    def gap(self) -> None:
        """Leave one line empty."""
        if not self._blank:
            self.print()

    def show(self, line: str) -> None:
        """Show a line, narrower than the screen, that the next one replaces; nowhere but on a terminal."""
        if self.is_live:
            self._write(ERASE + line)
            self._changing = True

    def clear(self) -> None:
        """Take away the line that changes."""
        if self._changing:
            self._write(ERASE)
            self._changing = False

    def _write(self, text: str) -> None:
        said = say(self._stream, text.encode(self._encoding, "backslashreplace").decode(self._encoding))
        self.was_read = self.was_read and said


def say(stream: Any, text: str) -> bool:
    """Write a text at once, and tell whether that was possible: if not, all that follows goes nowhere in silence."""
    try:
        stream.write(text)
        stream.flush()
        return True
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return False


def fitted(text: str, width: int) -> str:
    """Return a text in exactly so many columns, cut with an ellipsis or filled up."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def wrapped(text: str, width: int, most: int | None = None) -> list[str]:
    """Break a text into lines of so many columns, at spaces if it can; what goes beyond `most` lines is cut."""
    lines = list(_broken(text, width))
    if most is not None and len(lines) > most:
        return [*lines[: most - 1], set_cell_size(lines[most - 1], min(cell_len(lines[most - 1]), width - 2)) + " …"]
    return lines


def _broken(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if cell_len(line) + 1 + cell_len(word) <= width or not line:
            line = f"{line} {word}" if line else word
        else:
            yield line
            line = word
        if cell_len(line) > width:
            *full, line = chop_cells(line, width)
            yield from full
    yield line
