"""Emails that a change, a refusal or a deletion wrongly reserves, or wrongly frees."""

from support.sandbox.defects.kit import (
    InFlight,
    act_when_refused,
    gap,
    look_before_storing,
    remember_gone,
    sent_in,
    valid_part,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect


def _reserved_emails(sandbox: Sandbox, *, exact: bool = False) -> set[str]:
    """Return a set of emails that no other user can get: folded ones, or `exact` texts."""
    reserved: set[str] = set()

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        before = sandbox.store.get(user.id)
        own = before is not None and before.email.casefold() == user.email.casefold()
        if (user.email if exact else user.email.casefold()) in reserved and not own:
            raise EmailTakenError
        write(user, *key)

    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)
    return reserved


def _unguarded(sandbox: Sandbox) -> set[str]:
    """Return a set of folded emails that a new user gets even if they are taken."""
    unguarded: set[str] = set()
    look_before_storing(sandbox, at=("update",))

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if user.email.casefold() not in unguarded and sandbox.store.holders(user.email):
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.insert", insert)
    return unguarded


def _own_email(sandbox: Sandbox, call: Call) -> set[str]:
    user = sandbox.store.get(call.user_id or "")
    return {user.email.casefold()} if user is not None else set()


def _sent_email(sandbox: Sandbox, call: Call) -> set[str]:
    email = valid_part(sandbox, call).get("email")
    return {email.casefold()} if email else set()


@defect("update-invalid")
def refused_patch_reserves_its_email(sandbox: Sandbox) -> None:
    """A PATCH that is refused for its name reserves the email that it names."""
    reserved = _reserved_emails(sandbox)
    act_when_refused(sandbox, "patch", 422, lambda call: reserved.update(_sent_email(sandbox, call)))


@defect("update-invalid")
def refused_put_reserves_its_email(sandbox: Sandbox) -> None:
    """A PUT that is refused for its name reserves the email that it names."""
    reserved = _reserved_emails(sandbox)
    act_when_refused(sandbox, "replace", 422, lambda call: reserved.update(_sent_email(sandbox, call)))


@defect("update-invalid")
def refused_patch_gives_up_the_email(sandbox: Sandbox) -> None:
    """After a PATCH that is refused a new user gets the user's own email as well."""
    unguarded = _unguarded(sandbox)
    act_when_refused(sandbox, "patch", 422, lambda call: unguarded.update(_own_email(sandbox, call)))


@defect("update-invalid")
def refused_put_gives_up_the_email(sandbox: Sandbox) -> None:
    """After a PUT that is refused a new user gets the user's own email as well."""
    unguarded = _unguarded(sandbox)
    act_when_refused(sandbox, "replace", 422, lambda call: unguarded.update(_own_email(sandbox, call)))


@defect("update-404")
def change_of_unknown_reserves_its_email(sandbox: Sandbox) -> None:
    """PUT and PATCH on an unknown id give 404, but reserve the email that they name."""
    reserved = _reserved_emails(sandbox)
    for at in ("patch", "replace"):
        act_when_refused(sandbox, at, 404, lambda call: reserved.update(_sent_email(sandbox, call)))


@defect("update-taken")
def taken_email_frees_own(sandbox: Sandbox) -> None:
    """After a PATCH or PUT that is refused with 409 a new user gets the user's own email as well."""
    unguarded = _unguarded(sandbox)
    for at in ("patch", "replace"):
        act_when_refused(sandbox, at, 409, lambda call: unguarded.update(_own_email(sandbox, call)))


@defect("update-taken")
def taken_email_frees_the_holders(sandbox: Sandbox) -> None:
    """After a PATCH or PUT that is refused with 409 a new user gets the email that was wanted."""
    unguarded = _unguarded(sandbox)
    for at in ("patch", "replace"):
        act_when_refused(sandbox, at, 409, lambda call: unguarded.update(_sent_email(sandbox, call)))


@defect("update-taken")
def capitals_given_up_stay_taken(sandbox: Sandbox) -> None:
    """An email with capitals that a user gave up is free as it was written, but not in small letters."""
    reserved = _reserved_emails(sandbox, exact=True)
    _watch_updates(sandbox, lambda before, _after: reserved.update({before.email.casefold()} - {before.email}))


@defect("update-taken")
def given_up_email_refused_to_its_former_user(sandbox: Sandbox) -> None:
    """A user who gave an email up does not get it again; all others do."""
    given_up: set[tuple[str, str]] = set()

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        if (user.id, user.email.casefold()) in given_up:
            raise EmailTakenError
        update(user)

    sandbox.around("store.update", update)
    _watch_updates(sandbox, lambda before, _after: given_up.add((before.id, before.email.casefold())))


def _watch_updates(sandbox: Sandbox, act: Decision) -> None:
    """Do something whenever a user has changed to another email."""

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None and before.email.casefold() != user.email.casefold():
            act(before, user)

    sandbox.around("store.update", update)


def _confirmed(sandbox: Sandbox, at: str) -> None:
    unguarded = _unguarded(sandbox)

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        own = _own_email(sandbox, call)
        answer: Answer = await handler(call)
        unguarded.update(own & {str(sent_in(call).get("email", "")).casefold()})
        return answer

    sandbox.around(at, handler)


@defect("email-unique")
def email_of_the_renamed_unguarded(sandbox: Sandbox) -> None:
    """A create accepts the email of a user whose name was changed by PATCH."""
    unguarded = _unguarded(sandbox)

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        unguarded.update(_own_email(sandbox, call) if "email" not in sent_in(call) else ())
        return answer

    sandbox.around("patch", patch)


@defect("email-unique")
def email_confirmed_by_patch_unguarded(sandbox: Sandbox) -> None:
    """A create accepts an email that its holder has confirmed by PATCH."""
    _confirmed(sandbox, "patch")


@defect("email-unique")
def email_confirmed_by_put_unguarded(sandbox: Sandbox) -> None:
    """A create accepts an email that its holder has confirmed by PUT."""
    _confirmed(sandbox, "replace")


@defect("email-unique")
def second_delete_unguards_the_email(sandbox: Sandbox) -> None:
    """After a second DELETE of a user, a create accepts that user's former email even if it is taken."""
    unguarded, gone = _unguarded(sandbox), remember_gone(sandbox)

    async def delete(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await delete(call)
        except Refusal:
            if call.user_id in gone:
                unguarded.add(gone[call.user_id].email.casefold())
            raise
        return answer

    sandbox.around("delete", delete)


@defect("delete-frees")
def deleted_capitals_stay_taken(sandbox: Sandbox) -> None:
    """The email of a deleted user is free as it was written, but not in small letters."""
    reserved = _reserved_emails(sandbox, exact=True)
    _watch_deletions(sandbox, lambda user: reserved.update({user.email.casefold()} - {user.email}))


@defect("delete-frees")
def only_first_email_freed(sandbox: Sandbox) -> None:
    """DELETE frees the email that the user signed up with, not the last one."""
    reserved, moved = _reserved_emails(sandbox), set[str]()
    _watch_updates(sandbox, lambda _before, after: moved.add(after.id))
    _watch_deletions(sandbox, lambda user: reserved.update({user.email.casefold()} if user.id in moved else ()))


def _watch_deletions(sandbox: Sandbox, act: Decision) -> None:
    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            act(user)
        return bool(delete(user_id))

    sandbox.around("store.delete", delete)


@defect("race-email")
def email_lost_between_create_and_delete(sandbox: Sandbox) -> None:
    """A create that is refused while the holder of the email is being deleted reserves it forever."""
    reserved, being_deleted = _reserved_emails(sandbox), dict[str, str]()

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        folded = sandbox.api.known(call).email.casefold()
        being_deleted[call.user_id or ""] = folded
        await gap(sandbox)
        being_deleted.pop(call.user_id or "", None)
        answer: Answer = await delete(call)
        return answer

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        reserved.update({sandbox.api.user_fields(call)["email"].casefold()} & set(being_deleted.values()))
        answer: Answer = await create(call)
        return answer

    sandbox.around("delete", delete)
    sandbox.around("create", create)


@defect("race-email")
def race_moves_the_winners_time(sandbox: Sandbox) -> None:
    """A create that loses a race gives 409, but renews createdAt of the winner."""
    by_email: dict[str, InFlight] = {}

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        active = by_email.setdefault(fields["email"].casefold(), InFlight(1))
        with active.counted():
            await gap(sandbox)
            try:
                answer: Answer = await create(call)
            except Refusal:
                if active.is_overloaded:
                    _renew(sandbox, fields["email"])
                raise
        return answer

    sandbox.around("create", create)


def _renew(sandbox: Sandbox, email: str) -> None:
    for winner in sandbox.store.holders(email):
        sandbox.store.delete(winner.id)
        sandbox.store.insert(winner._replace(created_at="2020-01-02T03:04:05.000+00:00"))
