"""What a status means: one table for retries, doubt, races and checks.

| status          | retried | may have done the work | allowed at any time | fault of the server |
|-----------------|---------|------------------------|---------------------|---------------------|
| 2xx, 3xx        |         |                        |                     |                     |
| 429             | yes     | yes                    | yes                 |                     |
| any other 4xx   |         |                        |                     |                     |
| 502, 503, 504   | yes     | yes                    | yes                 |                     |
| any other 5xx   | yes     | yes                    |                     | yes                 |
| 600 and above   |         | yes                    |                     | yes                 |
"""

from __future__ import annotations

import re

BAD_REQUEST = 400
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
SWITCHING_PROTOCOLS = 101
GATEWAY = frozenset({502, 503, 504})
ALLOWED_AT_ANY_TIME = GATEWAY | {TOO_MANY_REQUESTS}
RETRIED = frozenset({TOO_MANY_REQUESTS, *range(500, 600)})


NOT_OFFERED = (405, 501)
"""What a server answers to a method that it does not have."""
FIREWALLED = re.compile(r"%(?:[01][0-9A-F]|7F|25|2F|5C|3B)|[;\\]", re.IGNORECASE)
"""What containers and firewalls refuse in a path before the API looks for a user: controls, slashes, `%` and `;`."""


def is_refused_unread(status: int | None, url: str) -> bool:
    """Whether a server refused the URL of a user for its spelling, before it looked for anybody."""
    return status == BAD_REQUEST and bool(FIREWALLED.search(url.partition("?")[0].rstrip("/").rpartition("/")[2]))


def is_interim(status: int) -> bool:
    """Whether another answer follows (RFC 9110, 15.2); after a switch of protocols none does."""
    return 100 <= status < 200 and status != SWITCHING_PROTOCOLS


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def is_client_error(status: int | None) -> bool:
    return status is not None and 400 <= status < 500


def is_server_fault(status: int | None) -> bool:
    """Whether a status is never right and a wait does not fix it: 500 or above, but not 502, 503 or 504."""
    return status is not None and status >= 500 and status not in GATEWAY


def may_have_done_the_work(status: int | None) -> bool:
    """Whether the API may have done the work although it did not say so."""
    return status is not None and (status == TOO_MANY_REQUESTS or status >= 500)
