"""The world of a run: the one object of ours on behave's context. Whoever acquires something here registers its release."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from support import targets
from support.acts.access import Access
from support.acts.accounts import Accounts
from support.acts.crowds import Crowds
from support.acts.directory import Directory
from support.acts.gone import Gone
from support.acts.outcomes import Outcomes
from support.acts.people import People
from support.acts.protocol import Protocol
from support.acts.races import Races
from support.acts.scene import Scene
from support.cleanup.journal import Journal
from support.cleanup.marks import new_mark
from support.cleanup.polling import Pace
from support.cleanup.recovery import finish_dead_runs
from support.cleanup.registry import Registry
from support.factory import Factory, new_seed
from support.models import Credential
from support.settings import ROOT, Settings
from support.targets.embedded import EmbeddedApi, Target
from support.targets.opening import check_open, refuse_production
from support.transport.async_client import AsyncClient
from support.transport.calls import UsersApi
from support.transport.client import SessionClient
from support.transport.flows import Flow
from support.transport.loop import LoopThread
from support.transport.retries import Policy
from support.transport.transcript import Transcript, redacted

log = logging.getLogger("acceptance")
T = TypeVar("T")


class World:
    """A target, the clients that speak to it, what was made there, and the scene that is being played."""

    def __init__(self, settings: Settings, target: Target | None = None) -> None:
        """Open the target that the settings name, or the one given; raises SuiteError with one clear line."""
        self.profile = targets.load(settings.target)
        self.settings = settings.model_copy(update=dict(self.profile.deadlines))
        self._release = contextlib.ExitStack()
        try:
            self._open(target)
        except BaseException:
            self._release.close()
            raise
        self.people, self.accounts, self.directory = People(self), Accounts(self), Directory(self)
        self.outcomes = Outcomes(self)
        self.gone, self.access, self.protocol = Gone(self), Access(self), Protocol(self)
        self.crowd_notes: list[str] = []
        self.begin("user-shape")

    def _open(self, target: Target | None) -> None:
        settings = self.settings
        self.mark = new_mark()
        self.factory = Factory(new_seed() if settings.data_seed is None else settings.data_seed, self.mark)
        self.target = target or self._named_target()
        refuse_production(self.target.base_url, self.profile, settings)
        self.transcript = Transcript()
        self.api = self._api()
        self.http = self._held(SessionClient(settings.request_timeout_s), lambda client: client.close())
        self.loop = self._held(LoopThread(), lambda loop: loop.close())
        self.async_client = self._held(self._async_client(), lambda client: self.loop.run(client.close()))
        check_open(self.http, self.api)
        self.journal = self._held(Journal(ROOT / settings.state_dir), lambda journal: journal.close())
        self.pace = Pace(settings.poll_first_s, settings.poll_cap_s, settings.delete_deadline_s)
        new_registry = functools.partial(Registry, self.journal, self.api, self.async_client, self.loop, pace=self.pace)
        self.recovered = finish_dead_runs(self.journal, self.target.key, new_registry, settings.cleanup_deadline_s)
        self.journal.open_run(self.mark, self.target.key)
        self.registry: Registry = new_registry(mark=self.mark)
        self.registry.keep_lease()

    def _held(self, thing: T, release: Callable[[T], None]) -> T:
        self._release.callback(release, thing)
        return thing

    def _named_target(self) -> Target:
        settings = self.settings
        if settings.base_url is None:
            return self._held(EmbeddedApi(), lambda api: api.close()).target
        token = settings.token.get_secret_value() if settings.token and settings.access_controlled else None
        return Target(settings.base_url, token, settings.base_url)

    def _api(self) -> UsersApi:
        settings, token = self.settings, self.target.token
        credential = Credential(None)
        if token is not None:
            redacted.hide(token)
            credential = Credential("$TOKEN", value=token)
        policy = Policy(settings.retry_attempts, settings.retry_base_s, settings.retry_cap_s, settings.retry_deadline_s)
        return UsersApi(
            self.target.base_url, credential, policy, self.profile, self.transcript, settings.consistency_window_s
        )

    def _async_client(self) -> AsyncClient:
        async def made() -> AsyncClient:
            tls = self.target.base_url.startswith("https:")
            return AsyncClient(self.settings.request_timeout_s, tls, self.profile.caps.concurrency)

        return self.loop.run(made())

    # What a run and a scenario do

    def begin(self, rule: str) -> None:
        """Start a scenario that shows a rule."""
        self.transcript.begin()
        self.scene = Scene(self.factory, rule)
        self.crowds, self.races = Crowds(self), Races(self)

    def run(self, flow: Flow[T]) -> T:
        """Carry out a flow with the session client."""
        return self.http.run(flow)

    def run_at_once(self, flows: Sequence[Flow[T]]) -> list[T]:
        """Carry out many flows at once with the async client."""
        return self.loop.run(self.async_client.gather(flows))

    def close(self) -> None:
        """Let go of everything that this world opened, in reverse order."""
        self._release.close()

    # Words of the contract and words of the target

    def in_target_terms(self, fields: Any) -> Any:
        """Return fields named as in the contract under the names that the target gives them."""
        return _renamed(fields, self._names())

    def in_contract_terms(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields of the target under their names in the contract."""
        return dict(_renamed(fields, {theirs: ours for ours, theirs in self._names().items()}))

    def _names(self) -> dict[str, str]:
        names = self.profile.names
        return {"id": names.id, "name": names.name, "email": names.email, "createdAt": names.created_at}


def _renamed(fields: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(fields, Mapping):
        return fields
    return {names.get(key, key): value for key, value in fields.items()}
