"""How a target is reached: directly or through a proxy, and which certificates are trusted; the same for all clients.

requests and httpx read different environment variables, so both clients get what requests finds.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from support.errors import Inconclusive, SettingsError


def _without_trust() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Route:
    """The way to one URL: the proxy, if any, and the file or folder of certificates, if one is set.

    `context` verifies against these certificates; without TLS it trusts none, as reading certificates takes time.
    `variable` is the environment variable that names the proxy.
    """

    proxy: str | None = field(default=None, repr=False)
    certificates: str | None = None
    context: ssl.SSLContext = field(default_factory=_without_trust, repr=False)
    variable: str | None = None

    @property
    def proxy_headers(self) -> dict[str, str]:
        """The headers for the proxy: credentials, if its URL names a user."""
        return HTTPAdapter().proxy_headers(self.proxy) if self.proxy else {}

    @property
    def proxy_in_brief(self) -> str:
        """The proxy in words, without the user and password that its URL may hold."""
        parts = urlsplit(self.proxy or "")
        source = f" (from {self.variable})" if self.variable else ""
        return f"the proxy {parts.scheme}://{parts.netloc.rpartition('@')[2]}{source}"

    def new_context(self, *protocols: str) -> ssl.SSLContext:
        """Return a new context that offers these protocols (ALPN); `context` offers those that its last user set."""
        context = _context_for(self.certificates)
        context.set_alpn_protocols(protocols)
        return context

    def require_direct_connection(self, what: str, instead: str) -> None:
        """Raise Inconclusive if a proxy is on the route, which would be tested in place of the API."""
        if self.proxy is not None:
            raise Inconclusive(
                f"{what} needs a direct connection to the API, and the environment names a proxy. Name the host of "
                f"the API in NO_PROXY if it can be reached directly, or else {instead}."
            )


DIRECT = Route()


def route_to(url: str) -> Route:
    """Return the way to a URL as the environment sets it: HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and so on.

    Raises SettingsError for a proxy of another kind than HTTP, and for certificates that cannot be read.
    """
    with requests.Session() as session:
        found = session.merge_environment_settings(url, {}, None, None, None)
    proxy = select_proxy(url, found["proxies"])
    scheme = urlsplit(url).scheme.lower()
    variable = f"{scheme if found['proxies'].get(scheme) else 'all'}_proxy".upper()
    if proxy:
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        _check_proxy(proxy, variable)
    certificates = found["verify"] if isinstance(found["verify"], str) else None
    tls = scheme == "https" or (proxy or "").lower().startswith("https:")
    context = _context_for(certificates) if tls else _without_trust()
    return Route(proxy, certificates, context, variable if proxy else None)


def _check_proxy(proxy: str, variable: str) -> None:
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"{variable}: it names no proxy that the suite can use; it wants an http:// or https:// URL."
        )


def _context_for(certificates: str | None) -> ssl.SSLContext:
    path = certificates or DEFAULT_CA_BUNDLE_PATH
    is_folder = Path(path).is_dir()
    try:
        return ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
    except OSError as error:
        raise SettingsError(
            f"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE: no certificates can be read from {path} ({error.strerror})."
        ) from None
