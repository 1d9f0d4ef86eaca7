"""Valid creates that go wrong."""

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from support.sandbox import checks
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import EmailTakenError, Key, User
from support.sandbox.twists import Decision, Sandbox, defect

_STALE_S = 2.0


@defect("create-201", at="created")
def create_answers_200(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """A create answers 200."""
    answer: Answer = created(user, call)
    answer.status = 200
    return answer


@defect("create-201", at="insert")
def create_stores_nothing(sandbox: Sandbox, _insert: Decision, user: User, _key: Key | None) -> None:
    """A create answers as it should, and nothing is stored."""
    if sandbox.store.holders(user.email):
        raise sandbox.api.taken()


@defect("create-201")
def every_third_create_lost(sandbox: Sandbox) -> None:
    """Every third create answers as it should, and nothing is stored."""
    numbers = itertools.count(1)

    def insert(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        if next(numbers) % 3:
            insert(user, key)
        else:
            create_stores_nothing(sandbox, insert, user, key)

    sandbox.around("insert", insert)


@defect("create-201")
def create_after_delete_lost(sandbox: Sandbox) -> None:
    """The first create after a DELETE answers as it should, and nothing is stored."""
    just_deleted: list[str] = []

    def delete(_sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        just_deleted.append(user_id)
        return bool(delete(user_id))

    def insert(sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        if just_deleted:
            create_stores_nothing(sandbox, insert, user, key)
        else:
            insert(user, key)
        just_deleted.clear()

    sandbox.around("store.delete", delete)
    sandbox.around("insert", insert)


@defect("create-201", at="insert")
def create_stores_another_name(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
    """The answer to a create shows what was sent, but the name is stored in capitals."""
    insert(user._replace(name=user.name.upper()[:200]), key)


@defect("create-201")
def create_shows_late(sandbox: Sandbox) -> None:
    """A new user can be read only after two seconds."""
    born: dict[str, float] = {}

    def insert(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        insert(user, key)
        born[user.id] = time.monotonic()

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if time.monotonic() - born.get(call.user_id or "", 0.0) < _STALE_S:
            raise sandbox.api.unknown()
        answer: Answer = await read(call)
        return answer

    sandbox.around("insert", insert)
    sandbox.around("read", read)


@defect("create-201", at="email_fault")
def tagged_emails_refused(_sandbox: Sandbox, email_fault: Decision, value: object) -> Any:
    """An email with a +tag is called invalid."""
    return email_fault(value) or ("email must be a valid email" if "+" in str(value) else None)


@defect("create-201", at="email_fault")
def longest_emails_refused(_sandbox: Sandbox, email_fault: Decision, value: object) -> Any:
    """An email of 254 characters is called too long."""
    return email_fault(value) or ("email is too long" if len(str(value)) == checks.EMAIL_LIMIT else None)


@defect("create-201", at="name_fault")
def longest_names_refused(_sandbox: Sandbox, name_fault: Decision, value: object) -> Any:
    """A name of 200 characters is called too long."""
    return name_fault(value) or ("name is too long" if len(str(value)) == checks.NAME_LIMIT else None)


@defect("create-201", at="name_fault")
def long_names_counted_in_octets(_sandbox: Sandbox, name_fault: Decision, value: object) -> Any:
    """A name is called too long by its octets, not its characters."""
    return name_fault(value) or ("name is too long" if len(str(value).encode()) > checks.NAME_LIMIT else None)


@defect("create-201", at="name_fault")
def names_in_other_scripts_refused(_sandbox: Sandbox, name_fault: Decision, value: object) -> Any:
    """A name outside ASCII is called invalid."""
    return name_fault(value) or (None if str(value).isascii() else "name holds characters that are not allowed")


@defect("create-201")
def tags_ignored_in_uniqueness(sandbox: Sandbox) -> None:
    """Emails that differ in their +tag count as one, so that the second user is refused."""

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        bare = _without_tag(user.email)
        if any(_without_tag(other.email) == bare for other in sandbox.store.all_users()):
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.insert", insert)


def _without_tag(email: str) -> str:
    return re.sub(r"\+[^@]*@", "@", email).casefold()


def _refuse_alike(sandbox: Sandbox, at: str, alike: Callable[[str, str], bool]) -> None:
    """Refuse an email as taken if it is like another user's."""

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        others = (other for other in sandbox.store.all_users() if other.id != user.id)
        if any(alike(user.email.casefold(), other.email.casefold()) for other in others):
            raise EmailTakenError
        write(user, *key)

    sandbox.around(f"store.{at}", write)


@defect("create-201")
def underscores_match_any_letter(sandbox: Sandbox) -> None:
    """An email is taken if it matches another's as a pattern of LIKE, where an underscore is any character."""
    _refuse_alike(
        sandbox, "insert", lambda new, there: bool(re.fullmatch(re.escape(new).replace("_", "."), there)) and "_" in new
    )


@defect("create-201")
def dots_ignored_in_uniqueness(sandbox: Sandbox) -> None:
    """An email is taken if another's is the same but for the dots before the @."""
    _refuse_alike(sandbox, "insert", lambda new, there: _without_dots(new) == _without_dots(there))


def _without_dots(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local.replace('.', '')}@{domain}"


@defect("patch")
def tags_ignored_by_patch(sandbox: Sandbox) -> None:
    """PATCH takes an email for taken if another's is the same but for a +tag."""
    _refuse_alike(sandbox, "update", lambda new, there: re.sub(r"\+[^@]*", "", new) == re.sub(r"\+[^@]*", "", there))
