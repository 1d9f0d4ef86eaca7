"""Who may come in: every request with every wrong way of introducing oneself."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from support.contract.matchers import has_header
from support.models import Credential, Exchange
from support.scenario.context import Actor

if TYPE_CHECKING:
    from support.scenario.session import Session

ATTEMPTS: Mapping[str, str | None] = {
    "reads": None,
    "lists": None,
    "looks up": "email_filter",
    "looks up an unknown email": "email_filter",
    "reads a page": "pages",
    "signs up": None,
    "updates": "patch",
    "replaces": "put",
    "deletes": None,
    "sends HEAD for a user": "head",
    "sends HEAD for the list": "head",
    "reads an unknown user": None,
    "updates an unknown user": "patch",
    "replaces an unknown user": "put",
    "deletes an unknown user": None,
    "requests an invalid page": "pages",
    "signs up with a taken email": None,
    "signs up as plain text": None,
    "signs up with an empty object": None,
    "signs up with malformed JSON": None,
}
"""Every door, and what the target must have for it to be one."""


class Access:
    """Tries every door with a credential that must not open it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def try_everything(self, introduction: str, owner: Actor, intruder: Actor) -> None:
        """Let the intruder try to read, change and delete the owner, and to sign up, introduced like this."""
        capabilities = vars(self._session.profile.capabilities)
        offered = [what for what, needed in ATTEMPTS.items() if needed is None or capabilities[needed]]
        stranger = self._session.values.stranger_id()
        self._session.scenario.keep(*(self._try(what, introduction, owner, intruder, stranger) for what in offered))

    def all_unauthorized(self) -> None:
        """Each attempt was answered by 401 with a challenge."""
        self._session.outcomes.all_refused(
            [401], has_header("WWW-Authenticate", "that names a scheme (RFC 9110 §11.6.1)")
        )

    def _try(self, what: str, introduction: str, owner: Actor, intruder: Actor, stranger: str) -> Exchange:
        session = self._session
        api = session.api.with_credential(self._credential(introduction))
        fields = intruder.new_user.as_json()
        name = {"name": intruder.new_user.name}
        if what == "signs up":
            session.scenario.emails_tried.append(intruder.new_user.email)
            return session.run(
                session.registry.create(api.create_call(fields), intruder.new_user.email, intruder.new_user.name)
            )
        if what == "replaces":
            return session.run(session.registry.change(api.put_call(owner.known_id, fields), intruder.new_user.email))
        nobody = session.factory.new_user()
        other = nobody.as_json()
        cut = json.dumps(other).encode()[:-1]
        broken_off = api.call("POST", body=cut, headers={"Content-Type": "application/json"})
        taken = api.create_call(owner.new_user.as_json())
        plain_text = api.call("POST", body=json.dumps(other).encode(), headers={"Content-Type": "text/plain"})
        calls: Mapping[str, Callable[[], Exchange]] = {
            "sends HEAD for the list": lambda: session.run(api.send(api.call("HEAD"))),
            "reads an unknown user": lambda: session.run(api.read(stranger)),
            "updates an unknown user": lambda: session.run(api.patch(stranger, name)),
            "replaces an unknown user": lambda: session.run(
                session.registry.change(api.put_call(stranger, other), nobody.email)
            ),
            "deletes an unknown user": lambda: session.run(api.delete(stranger)),
            "signs up with malformed JSON": lambda: session.run(
                session.registry.create(broken_off, nobody.email, None)
            ),
            "requests an invalid page": lambda: session.run(api.page(0, 10)),
            "signs up with a taken email": lambda: session.run(
                session.registry.create(taken, owner.new_user.email, None)
            ),
            "signs up as plain text": lambda: session.run(session.registry.create(plain_text, nobody.email, None)),
            "signs up with an empty object": lambda: session.run(
                session.registry.create(api.create_call({}), None, None)
            ),
            "reads": lambda: session.run(api.read(owner.known_id)),
            "lists": lambda: session.run(api.list()),
            "looks up": lambda: session.run(api.find(owner.new_user.email)),
            "looks up an unknown email": lambda: session.run(api.find(nobody.email)),
            "reads a page": lambda: session.run(api.page(1, 10)),
            "updates": lambda: session.run(api.patch(owner.known_id, name)),
            "deletes": lambda: session.run(api.delete(owner.known_id)),
            "sends HEAD for a user": lambda: session.run(api.head(owner.known_id)),
        }
        return calls[what]()

    def _credential(self, introduction: str) -> Credential:
        """Return the credential that a feature calls so; raises KeyError for an unknown one."""
        right = self._session.api.credential
        return {
            "no token": Credential(None),
            "an empty token": Credential("", value=""),
            "a wrong token": Credential("a-wrong-token", value=secrets.token_urlsafe(24)),
            "the token in the Basic scheme": Credential("$TOKEN", scheme="Basic", value=right.value),
            "the token plus one character": Credential("${TOKEN}x", value=right.value + "x"),
            "the token plus one word": Credential("$TOKEN x", value=f"{right.value} x"),
            "the token without its last character": Credential("${TOKEN%?}", value=right.value[:-1]),
            "the token without its first character": Credential("${TOKEN#?}", value=right.value[1:]),
            "the token with a different last character": Credential(
                "${TOKEN%?}x", value=right.value[:-1] + ("y" if right.value.endswith("x") else "x")
            ),
            "the token after one more character": Credential("x$TOKEN", value="x" + right.value),
            "the token in swapped letter case": Credential(
                "(the token with its letter case swapped)", value=_in_another_case(right.value)
            ),
            "the token without a scheme": Credential("$TOKEN", scheme="", value=right.value),
            "the token in the Token scheme": Credential("$TOKEN", scheme="Token", value=right.value),
        }[introduction]


def _in_another_case(token: str) -> str:
    """Return the token with its letter case swapped; one without letters gets one, as it must not be the right one."""
    return token.swapcase() if token.swapcase() != token else f"{token}x"
