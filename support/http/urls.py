"""URLs with a query, and the URL that a target refers to; a text that is no URL raises no error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, quote, urldefrag, urlencode, urljoin, urlsplit

from support.models import OVERRIDES

DEFAULT_PORTS = {"http": 80, "https": 443}
UNCHANGED = "!#$%&'()*+,/:;=?@[]~"
LOOPBACK = ("127.0.0.1", "::1")

Origin = tuple[str, str, int | None]


def destination(here: str, reference: str) -> str | None:
    """Return the URL that a reference, such as a Location, leads to from another URL; None if it is no URL.

    Characters that no URL may hold are percent-encoded; a fragment is dropped.
    """
    try:
        there = urldefrag(urljoin(here, reference)).url
    except ValueError:
        return None
    return quote(there, safe=UNCHANGED) if origin_of(there) is not None else None


def origin_of(url: str) -> Origin | None:
    """Return the scheme, host and port of a URL, None if it cannot be parsed; 127.0.0.1 and ::1 count as localhost."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme, "localhost" if host in LOOPBACK else host, port


def path_of(url: str) -> str:
    """Return the path of a URL: a query or a fragment does not make it another place."""
    return urlsplit(url).path.rstrip("/")


def names_another_method(url: str, headers: Iterable[str]) -> bool:
    """Whether a request with this URL and these names of headers names another method, which a server may obey."""
    return "_method=" in url or any(name.lower() in OVERRIDES for name in headers)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Return a URL with these parameters, except for those that it has already."""
    if not query:  # as most requests: the rest takes time
        return url
    known = parse_qs(urlsplit(url).query, keep_blank_values=True)
    added = urlencode({name: value for name, value in query.items() if name not in known}, quote_via=quote)
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url
