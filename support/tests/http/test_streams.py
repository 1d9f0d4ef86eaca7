"""A lost connection can be asked about: uvloop and asyncio answer in different ways, or raise."""

from __future__ import annotations

from typing import Any

import httpcore
import pytest

from support.http.streams import Stream


class Lost(httpcore.AsyncMockStream):
    """A connection that is lost: nothing can be asked about it."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self._error = error

    def get_extra_info(self, info: str) -> Any:  # noqa: ARG002 - nothing can be asked
        raise self._error


@pytest.mark.parametrize(
    "error", [AttributeError("no socket"), ValueError("negative file descriptor"), OSError("not connected")]
)
def test_a_lost_connection_has_expired_and_has_no_socket(error: Exception) -> None:
    stream = Stream(Lost(error))
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("socket") is None
