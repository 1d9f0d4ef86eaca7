"""The checks when a target is opened: can it be reached, does it accept the token, may the suite write to it."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from support.contract.normalizers import ids_of
from support.errors import SettingsError, SuiteError, TargetDown
from support.escaping import on_one_line
from support.http.operations import Operation
from support.http.route import Route
from support.http.session_client import SessionClient
from support.http.urls import destination
from support.http.users_api import UsersApi
from support.models import Exchange, Failure
from support.profile import Profile
from support.settings import Settings
from support.statuses import TOO_MANY_REQUESTS
from support.target.diagnosis import asked, draft, tries, why_limited

NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
CAP_S = 1.0
"""Longest wait in seconds between two attempts to reach a target."""
PRODUCTION = re.compile(r"(?:^|[.\-_])(?:prod|prd|production|live)(?:[.\-_0-9]|$)", re.IGNORECASE)
NOBODY = "0"


class SlashMissing(SettingsError):
    """The target redirects to the same URL with a slash at its end; `field` is the field of the profile for that."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


class TokenRefused(TargetDown):
    """The target refuses the token, or the way in which it is sent; `scheme` is the one that it asks for."""

    def __init__(self, text: str, scheme: str = "") -> None:
        super().__init__(text)
        self.scheme = scheme


def refuse_production(base_url: str, profile: Profile, settings: Settings) -> None:
    """Raise SettingsError if the host or the profile says production and ALLOW_PRODUCTION is off."""
    host = urlsplit(base_url).hostname or ""
    if (profile.production or PRODUCTION.search(host)) and not settings.allow_production:
        of_profile = f"the profile {profile.name} says that {host} is production"
        why = of_profile if profile.production else f"{host} looks like production"
        raise SettingsError(
            f"BASE_URL: {why}. The suite creates and deletes users there. If you want that, set ALLOW_PRODUCTION=true."
        )


def check_open(client: SessionClient, api: UsersApi) -> Exchange:
    """Read the list, or a page of one user if that is enough; if the target has no list, a user who does not exist.

    Raises TargetDown, with one line, if that fails, or SlashMissing for a redirect that only adds a slash.
    """
    api = replace(api, policy=replace(api.policy, cap_s=min(api.policy.cap_s, CAP_S)))
    if not api.profile.capabilities.list:
        return _open(client, api, api.read(NOBODY))
    has_pages = api.profile.capabilities.pages or api.profile.pages.counts == "cursor"
    page_is_enough = has_pages and api.profile.caps.users is None
    return _open(client, api, api.page(1, 1) if page_is_enough else api.list())


def _open(client: SessionClient, api: UsersApi, reading: Operation[Exchange]) -> Exchange:
    exchange = client.run(reading)
    last = exchange.attempts[-1].outcome
    if isinstance(last, Failure):
        raise TargetDown(_unreachable(api.base_url, last, client.route))
    if exchange.status in range(300, 400):
        raise _redirected(exchange, api)
    if exchange.status == TOO_MANY_REQUESTS:
        raise TargetDown(why_limited(exchange))
    if exchange.status in (401, 403):
        challenge = (exchange.answer.header("WWW-Authenticate") if exchange.answer else None) or ""
        raise TokenRefused(f"{api.base_url} {_why_refused(exchange, api)}", challenge.partition(" ")[0])
    if exchange.status is not None and exchange.status >= 500:
        raise TargetDown(f"{api.base_url} answers {exchange.status}; {tries(exchange)}. Check that the API is up.")
    return exchange


def _unreachable(base_url: str, why: Failure, route: Route) -> str:
    if why.of_the_proxy:
        return f"{why.cause}. Correct {route.variable}, or name the host of the API in NO_PROXY."
    advice = "Check BASE_URL, and that the API is up."
    if any(text in why.cause for text in NO_TLS):
        return f"{base_url} cannot be reached: {why.cause}. The server speaks http there: correct BASE_URL."
    if why.fatal and not why.sent:
        authority = "the certificate of the authority (CA) that issued it"
        advice = f"Set REQUESTS_CA_BUNDLE to a file with {authority}, or correct BASE_URL."
        if "expired" in why.cause:
            advice = "Renew the certificate of the API."
    if why.hung:
        few = f"Where it only works on few requests at once, set concurrency under [caps] {draft(base_url)}."
        advice = f"Check that the API is up. Where it is slow, raise REQUEST_TIMEOUT_S. {few}"
    return f"{base_url} cannot be reached: {why.cause}. {advice}"


def room_for_users(listed: Exchange, profile: Profile, settings: Settings) -> int:
    """Return how many users of the suite may exist at once, beside the existing ones.

    Raises SettingsError if a target with a cap is full.
    """
    if profile.caps.users is None:
        return settings.max_users_alive
    others = len(ids_of(listed.answer, profile))
    if others >= profile.caps.users:
        raise SettingsError(
            f"the profile's caps.users: the target holds at most {profile.caps.users} users, and {others} already "
            "exist. Delete some of them, or raise the cap."
        )
    sharing = settings.processes * settings.shard_of[1]
    return min(settings.max_users_alive, max(1, (profile.caps.users - others) // sharing))


def _redirected(exchange: Exchange, api: UsersApi) -> SuiteError:
    """Return the error for a redirect of the first read; it shows no query, as none belongs in BASE_URL."""
    location = exchange.answer.header("Location") if exchange.answer else None
    there = destination(exchange.call.url, location) if location else None
    if there is None:
        instead = f"a Location that is no URL: {on_one_line(location)}" if location else "no Location"
        return TargetDown(f"{asked(exchange)} and {instead}. Correct BASE_URL.")
    here, there = exchange.call.url.partition("?")[0], there.partition("?")[0]
    where, of_users = f"{here} redirects to {there}", here.removeprefix(api.url)
    if there == f"{here}/":
        ending = "URLs of single users end" if of_users else "the URL of the list ends"
        field = "item_slash" if of_users else "collection_slash"
        advice = f"Set {field} = true under [paths] {draft(api.base_url)}."
        return SlashMissing(f"{where}: {ending} with a slash there. {advice}", f"paths.{field}")
    if there == here:
        return TargetDown(
            f"{where}, perhaps with another query or a cookie, which the suite does not follow. Correct BASE_URL, or "
            "let the API answer without a redirect."
        )
    collection = there.removesuffix(of_users) if of_users else there
    return TargetDown(
        f"{where}. If the users collection is at {collection}, put that URL into BASE_URL; the token is not sent along "
        "a redirect."
    )


def _why_refused(exchange: Exchange, api: UsersApi) -> str:
    refused = f"(status {exchange.status})"
    if api.profile.auth.scheme == "none":
        return f'wants a token {refused}, but the profile says scheme = "none" under [auth]. Correct it, and set TOKEN.'
    if api.credential.shown is None:
        return f"wants a token {refused}. Set TOKEN."
    challenge = (exchange.answer.header("WWW-Authenticate") if exchange.answer else None) or api.profile.auth.scheme
    scheme = on_one_line(challenge.split()[0])
    how = f"let `python -m support.probe {api.base_url}` find out how the target takes it"
    if scheme.lower() != api.profile.auth.scheme:
        asks = f"refuses the token {refused}, and asks for {scheme}"
        return f"{asks}. Set scheme under [auth] in the profile, or {how}; if the profile is right, check TOKEN."
    return f"refuses the token {refused}. Check TOKEN; if it is right, {how}."
