"""Read the status and the user of an answer as the profile says, where the target differs from the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from support.http.operations import Operation
from support.models import WHOLE, Answer, Call, Exchange
from support.pointers import at, placed, steps_of
from support.profile import Profile
from support.statuses import is_success

T = TypeVar("T")
CHANGES = ("PUT", "PATCH")


@dataclass(frozen=True)
class Reading:
    """Reads the answers of a target; `id_in` returns the id in the URL of one user."""

    profile: Profile
    id_in: Callable[[str], str | None]

    def applied(self, operation: Operation[T]) -> Operation[T]:
        """Execute an operation, which receives each answer as `read` returns it."""
        outcome = None
        while True:
            try:
                effect = operation.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = yield effect
            if isinstance(outcome, Answer):
                outcome = self.read(effect.call, outcome)  # type: ignore[union-attr]  # only a request has an answer

    def read(self, call: Call, answer: Answer) -> Answer:
        """Return an answer with the status that it stands for, and the user that it shows."""
        if answer.sent_status is not None or answer.shown is not WHOLE:  # it was read before, inside a search
            return answer
        status = self._status(call, answer)
        if status != answer.status:
            answer = replace(answer, status=status, sent_status=answer.status)
        shown = self._shown(call, answer)
        if self.profile.shape.id == "link" and is_success(status):
            shown = self._with_ids(call, document_of(answer) if shown is WHOLE else shown)
        return replace(answer, shown=shown) if shown is not WHOLE else answer

    def _status(self, call: Call, answer: Answer) -> int:
        profile = self.profile
        if not is_success(answer.status):
            return answer.status
        told = (error.told_by(document_of(answer)) for error in profile.errors)
        if (status := next(filter(None, told), None)) is not None:
            return status
        return 200 if call.method in CHANGES and answer.status in profile.answers.updated else answer.status

    def _shown(self, call: Call, answer: Answer) -> Any:
        """Return the part of an answer that is the user: WHOLE for the whole body, None if that part is missing."""
        names, shape = self.profile.names, self.profile.shape
        user_id = self.id_in(call.url)
        if not is_success(answer.status) or call.lists or call.method in ("HEAD", "DELETE"):
            return WHOLE
        if call.method in CHANGES:
            if shape.updated == "nothing":
                return self._only(user_id)
            return self._inside(answer, names.updated_pointer)
        if call.method != "POST" or user_id is not None:
            return self._inside(answer, None)
        if shape.created == "location":
            return self._only(self._located(call, answer))
        created = self._inside(answer, names.created_pointer)
        if shape.created == "id":
            created = document_of(answer) if created is WHOLE else created
            return self._only(created) if isinstance(created, str | int) else created
        return created

    def _with_ids(self, call: Call, document: Any) -> Any:
        """Return the users whom an answer shows, with their ids in the place of the links to them."""
        path, place = self.profile.names.paths["id"], steps_of(self.profile.names.list_pointer)

        def named(user: Any) -> Any:
            link = at(user, path)
            return placed(user, path, linked_id(link)) if isinstance(link, str) else user

        if call.lists and isinstance(users := at(document, place), list):
            return placed(document, place, [named(user) for user in users])
        return WHOLE if document is None else named(document)

    def _inside(self, answer: Answer, pointer: str | None) -> Any:
        steps = steps_of(self.profile.names.user_pointer if pointer is None else pointer)
        document = document_of(answer) if steps else None
        return at(document, steps) if document is not None else WHOLE

    def _only(self, user_id: str | int | None) -> Any:
        """Return a user of whom only the id is known."""
        return None if user_id is None else placed({}, self.profile.names.paths["id"], user_id)

    def _located(self, call: Call, answer: Answer) -> str | None:
        """Return the id in a Location, whatever host it names; a later read shows whose id it is."""
        from support.http.urls import destination  # late: it loads requests, and steps are loaded before the first hook

        there = destination(call.url, answer.header("Location") or "")
        return None if there is None else self.id_in(urlsplit(call.url)._replace(path=urlsplit(there).path).geturl())

    def is_whole(self, exchange: Exchange) -> bool:
        """Whether no read of the user has to follow a create or change: its answer shows the user, or there is none."""
        shape, method = self.profile.shape, exchange.call.method
        is_partial = (shape.created != "user") if method == "POST" else (method in CHANGES and shape.updated != "user")
        return not is_partial or exchange.adopted or not is_success(exchange.status)


def linked_id(link: str) -> str:
    """Return the id that a link to a user names: the last part of its path."""
    return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])


def document_of(answer: Answer | None) -> Any:
    """Return the whole body as JSON; None if the body is not JSON."""
    try:
        return answer and answer.document
    except ValueError:
        return None
