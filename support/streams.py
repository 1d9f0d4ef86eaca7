"""Writing to a stream whose reader may be gone."""

from __future__ import annotations

import contextlib
import os
from typing import Any


def say(stream: Any, text: str) -> bool:
    """Write a text and flush; if that fails, return False and discard all that follows."""
    try:
        stream.write(text)
        stream.flush()
        return True
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return False
