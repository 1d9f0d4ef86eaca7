"""The console of a run: in colour and with a status line on a terminal, plain anywhere else."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from support.escaping import CI_COMMAND_AT_THE_START
from support.streams import say

if TYPE_CHECKING:
    from rich.console import RenderableType

NARROWEST, WIDEST = 40, 100
ALWAYS = ("on", "always", "yes", "true")
NEVER = ("off", "never", "no", "false")
ERASE_LINE = "\r\x1b[2K"
PADDING = re.compile(r" +((?:\x1b\[0m)?)$", re.MULTILINE)


class _SafeStream:
    """A stream for rich: never fails, escapes letters that it cannot encode, and starts no command of a CI job."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.is_whole = True

    def write(self, text: str) -> int:
        text = PADDING.sub(r"\1", CI_COMMAND_AT_THE_START.sub(r"\1\\x3a", text))
        written = say(self._stream, text.encode(self.encoding, "backslashreplace").decode(self.encoding))
        self.is_whole = self.is_whole and written
        return len(text)

    def flush(self) -> None:
        """Do nothing: each text is flushed when it is written."""

    def isatty(self) -> bool:
        return bool(self._stream.isatty())

    def fileno(self) -> int:
        return int(self._stream.fileno())


class Console:
    """rich's console, 40 to 100 columns wide, without markup. It obeys NO_COLOR, TERM and behave's --color."""

    def __init__(self, stream: Any, color: str = "auto") -> None:
        from rich.console import Console as RichConsole

        self._stream = _SafeStream(stream)
        found = RichConsole(file=self._stream)  # type: ignore[arg-type]  # all that rich needs of a stream
        self.is_live = found.is_terminal and not found.is_dumb_terminal
        self.is_coloured = coloured = color in ALWAYS or (color not in NEVER and self.is_live and not found.no_color)
        self._console = RichConsole(
            file=self._stream,  # type: ignore[arg-type]
            width=max(NARROWEST, min(WIDEST, found.width)) if self.is_live else WIDEST,
            force_terminal=coloured,
            color_system="standard" if coloured else None,
            no_color=not coloured,
            markup=False,
            highlight=False,
            emoji=False,
        )
        self._has_status = False
        self._is_blank = True
        self.printed_at = time.monotonic()

    @property
    def width(self) -> int:
        return self._console.width

    @property
    def is_whole(self) -> bool:
        """Whether everything so far could be written."""
        return self._stream.is_whole

    def print(self, *content: RenderableType, wrap: bool = True) -> None:
        """Print texts and tables, which stay; without `wrap`, a long line stays one line."""
        self.clear_status()
        for each in content:
            self._console.print(each, soft_wrap=not wrap)
        self._is_blank = False
        self.printed_at = time.monotonic()

    def gap(self) -> None:
        """Leave one line empty."""
        if not self._is_blank:
            self.print("")
            self._is_blank = True

    def show_status(self, status: RenderableType) -> None:
        """Show one line that the next one replaces; only on a terminal."""
        if self.is_live:
            self._stream.write(ERASE_LINE)
            self._console.print(status, end="", no_wrap=True, overflow="ellipsis")
            self._has_status = True

    def clear_status(self) -> None:
        if self._has_status:
            self._stream.write(ERASE_LINE)
            self._has_status = False
