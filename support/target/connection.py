"""A connection to a target: its profile, its clients, and the journal of the users that the suite creates there."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from support import profile_files
from support.bounds import BOUNDS, MIB
from support.cleanup.journal import Journal
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.errors import TargetDown
from support.http.async_client import AsyncClient
from support.http.limits import Limit
from support.http.loop import LoopThread
from support.http.pacing import Pacer
from support.http.policy import Policy
from support.http.recorder import Recorder
from support.http.route import DIRECT, route_to
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import EMBEDDED, Credential
from support.profile import Profile
from support.redaction import redacted
from support.settings import ROOT, Settings
from support.target.embedded import EmbeddedApi, Target
from support.target.opening import check_open, refuse_production, room_for_users
from support.token_command import TokenCommand


class Connection:
    """Everything that calls and cleanup on a target need; the caller closes it."""

    def __init__(
        self, settings: Settings, target: Target | EmbeddedApi | None = None, profile: Profile | None = None
    ) -> None:
        """Open the given target, or the one of the settings, with the given profile, or the one of the settings.

        An embedded API ends with the connection. Raises SuiteError with one clear line.
        """
        self.profile = profile or profile_files.load(settings.target)
        if settings.contract is not None:
            self.profile = replace(self.profile, contract=settings.contract)
        if settings.strict:
            self.profile = replace(self.profile, deviations=())
        sharing = settings.processes * settings.shard_of[1]
        self.profile = replace(self.profile, caps=self.profile.caps.shared_by(sharing))
        alive = {"max_users_alive": max(1, settings.max_users_alive // settings.shard_of[1])}
        self.settings = settings.model_copy(update={**self.profile.deadlines.as_settings(), **alive})
        self.poll_policy = PollPolicy(
            self.settings.poll_first_s, self.settings.poll_cap_s, self.settings.delete_deadline_s
        )
        self.recorder = Recorder()
        caps = self.profile.caps
        given = ((caps.requests_per_second, 1.0), (caps.requests_per_minute, 60.0))
        limits = (Limit(requests, seconds) for requests, seconds in given if requests is not None)
        lowest = min(limits, key=lambda limit: limit.rate, default=None)
        self.pacer = Pacer(self.settings.retry_deadline_s, lowest)
        self._release = contextlib.ExitStack()
        self._embedded: EmbeddedApi | None = None
        self.token_command: TokenCommand | None = None
        try:
            self._open(target)
        except BaseException:
            self.close()
            raise

    def _open(self, target: Target | EmbeddedApi | None) -> None:
        settings = self.settings
        BOUNDS.largest = int(settings.max_answer_mb * MIB)
        self.target = target if isinstance(target, Target) else self._named_target(target)
        if settings.hide_base_url and self.target.key != EMBEDDED:
            redacted.hide_url(self.target.base_url)
        refuse_production(self.target.base_url, self.profile, settings)
        self.route = DIRECT if self.target.key == EMBEDDED else route_to(self.target.base_url)
        self.api = self._users_api()
        self.pacer.credential = self.api.credential
        blocking = SessionClient(settings.request_timeout_s, self.route, self.pacer)
        opened = self._release.enter_context
        self.http = opened(blocking)
        self.most_alive = settings.max_users_alive
        check_open(self.http, self.api)
        self.journal = opened(contextlib.closing(Journal(ROOT / settings.state_dir)))
        self.loop = opened(contextlib.closing(LoopThread()))  # closed before the journal, to which its work writes
        most = self.profile.caps.concurrency
        self.async_client = AsyncClient(settings.request_timeout_s, self.route, self.pacer, most, settings.http2)
        self._release.callback(self._close_async_client)

    def check_open(self) -> None:
        """Raise TargetDown, which says why, if the target does not answer, or answers with an error."""
        try:
            check_open(self.http, self.api)
        except TargetDown:
            if self.embedded_end is not None:
                raise TargetDown(f"the embedded Users API {self.embedded_end} in the middle of the run.") from None
            raise

    @property
    def embedded_end(self) -> str | None:
        """How the embedded API has ended, with all its users; None while it runs, and for any other target."""
        return None if self._embedded is None else self._embedded.end

    def find_room(self) -> None:
        """Limit the users alive at once to those that the target has room for; raises SuiteError if it is full."""
        if self.profile.caps.users is not None:
            self.most_alive = room_for_users(check_open(self.http, self.api), self.profile, self.settings)

    def new_registry(self, mark: str) -> Registry:
        """Return a registry for the users of the run with this mark."""
        return Registry(self.journal, self.api, self.async_client, self.loop, mark, self.poll_policy, self.most_alive)

    def close(self) -> None:
        """Close everything that was opened, in reverse order."""
        self._release.close()

    def _named_target(self, started: EmbeddedApi | None) -> Target:
        settings = self.settings
        if settings.base_url is None:
            self._embedded = self._release.enter_context(contextlib.closing(started or EmbeddedApi()))
            return self._embedded.target
        token = settings.token.get_secret_value() if settings.token and settings.access_controlled else None
        if self.profile.auth.scheme == "none":
            token = None
        elif settings.token_command is not None:
            self.token_command = TokenCommand(settings.token_command, self.profile.answers.unauthorized)
            token = self.token_command.token
        return Target(settings.base_url, token, settings.base_url)

    def _users_api(self) -> UsersApi:
        settings, token = self.settings, self.target.token
        credential = Credential(None)
        if token is not None:
            redacted.hide(token)
            credential = replace(self.profile.auth.credential, value=token, source=self.token_command)
        policy = Policy(
            settings.retry_attempts,
            settings.retry_base_s,
            settings.retry_cap_s,
            settings.retry_deadline_s,
            clock=self.pacer.clock,
        )
        window_s = settings.consistency_window_s
        return UsersApi(self.target.base_url, credential, policy, self.profile, self.recorder, window_s)

    def _close_async_client(self) -> None:
        if self.loop.has_begun:
            self.loop.finish(self.async_client.close())
