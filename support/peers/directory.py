"""The users of a peer, requested without the clients of the suite."""

import json
from types import TracebackType
from typing import Any, Self

import httpx

from support.peers.catalogue import RECIPES
from support.peers.launching import Peer

TIMEOUT_S = 20.0


class Directory:
    """Signs users up, and shows them."""

    def __init__(self, peer: Peer) -> None:
        self._peer, self._recipe = peer, RECIPES[peer.name]
        self._client = httpx.Client(trust_env=False, timeout=TIMEOUT_S, headers=self._recipe.headers(peer.token))
        self._ids: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._client.close()

    def sign_up(self, name: str) -> str:
        """Create a user with this name, and an email that contains it; return the id."""
        dialect = self._recipe.dialect
        email = f"{name.lower()}@example.com"
        body = {key: text.format(name=name.title(), email=email) for key, text in dialect.sign_up.items()}
        register = self._peer.url.removesuffix(self._recipe.path) + (dialect.register or self._recipe.path)
        answer = self._client.post(register, json=body)
        self._ids.append(str(self._unwrapped(answer)[dialect.id]))
        return self._ids[-1]

    def user(self, user_id: str) -> dict[str, Any]:
        """Read a user; raises HTTPStatusError if there is none."""
        return self._unwrapped(self._client.get(f"{self._peer.url}/{user_id}"))

    def by_id(self) -> dict[str, str]:
        """Return every user as JSON, by id; without a list, only those whom this directory has signed up."""
        dialect = self._recipe.dialect
        if not dialect.has_list:
            return {user_id: json.dumps(self.user(user_id)) for user_id in self._ids}
        answered = self._client.get(f"{self._peer.url}{dialect.everything}").raise_for_status().json()
        users = answered if dialect.items is None else answered[dialect.items]
        return {str(user.get(dialect.id, user)): json.dumps(user) for user in users}

    def _unwrapped(self, answer: httpx.Response) -> dict[str, Any]:
        shown: dict[str, Any] = answer.raise_for_status().json()
        return shown if self._recipe.dialect.user is None else shown[self._recipe.dialect.user]
