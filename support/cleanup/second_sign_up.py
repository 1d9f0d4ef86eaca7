"""Where nothing but a sign-up tells whether an email is taken: sign up with it again, and delete that user."""

from __future__ import annotations

from support.cleanup.journal import State
from support.cleanup.ledger import Ledger, Phase, Record, folded
from support.cleanup.left import outcome_of
from support.cleanup.marks import mark_in
from support.contract.normalizers import user_of
from support.http.operations import Operation, Sleep
from support.http.users_api import UsersApi
from support.models import Exchange
from support.statuses import is_success

NAME = "Ada Lovelace"


def sign_up_again(api: UsersApi, ledger: Ledger, record: Record, wait_s: float) -> Operation[bool]:
    """Add to a record the users of two more sign-ups with its email; return whether there are any.

    If the first succeeds and the second is refused, the email was free, and so the record's create created nobody.
    Otherwise a record of its own keeps the doubt. A create that was interrupted gets `wait_s` seconds to end.
    """
    has = api.profile.capabilities
    if has.list or has.email_filter or not record.email or mark_in(record.email) != ledger.mark:
        return False
    yield Sleep(wait_s, "a create without an answer may still be under way")
    first = yield from _sign_up(api, ledger, record)
    if not record.ids:
        record.reason = f"the email cannot be looked up, and one more {outcome_of(first)}"
        return False
    doubt = ledger.intend(record.email)  # written down before the request, as each create is
    doubt.phase, doubt.unprovable = Phase.BEGUN, True
    second = yield from _sign_up(api, ledger, record)
    doubt.reason = f"the email cannot be looked up, and is not unique: {outcome_of(second)}"
    if second.status in api.profile.answers.taken:
        ledger.mark_as([doubt], State.GONE)
    return True


def _sign_up(api: UsersApi, ledger: Ledger, record: Record) -> Operation[Exchange]:
    exchange = yield from api.send_once(api.create_call({"name": record.name or NAME, "email": record.email}))
    user = user_of(exchange.answer, api.profile) if is_success(exchange.status) else None
    if user is not None and user.email == folded(record.email):
        ledger.note_created(record, user)
    return exchange
