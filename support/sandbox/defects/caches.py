"""Caches that changes do not clear."""

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect


def _keep_answers(sandbox: Sandbox, *parameters: str) -> None:
    """Keep the answers to lists requested with exactly these parameters, until a user is created or deleted."""
    kept: dict[str, Answer] = {}

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        if call.query.keys() != set(parameters):
            answer: Answer = await list_users(call)
            return answer
        key = str(call.query)
        if key not in kept:
            kept[key] = await list_users(call)
        return Answer(kept[key].status, kept[key].content)

    def clear(_sandbox: Sandbox, write: Decision, *what: object) -> object:
        kept.clear()
        return write(*what)

    sandbox.around("list_users", list_users)
    sandbox.around("store.insert", clear)
    sandbox.around("store.delete", clear)


@defect("list")
def list_kept_through_changes(sandbox: Sandbox) -> None:
    """The list is kept until a user is created or deleted: a change does not show in it."""
    _keep_answers(sandbox)


@defect("pages")
def pages_kept_through_changes(sandbox: Sandbox) -> None:
    """Pages are kept until a user is created or deleted: a change does not show on them."""
    _keep_answers(sandbox, "page", "limit")


@defect("filter-email")
def look_ups_kept_through_changes(sandbox: Sandbox) -> None:
    """The results of ?email= are kept until a user is created or deleted: a change does not show in them."""
    _keep_answers(sandbox, "email")


@defect("filter-email")
def look_ups_kept_for_good(sandbox: Sandbox) -> None:
    """?email= keeps finding a user whom it found once, even after they changed their email or were deleted."""
    kept: dict[str, list[User]] = {}

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        found: list[User] = filtered(email)
        if found:
            kept.setdefault(email.casefold(), found)
        return found or kept.get(email.casefold(), [])

    sandbox.around("filtered", filtered)
