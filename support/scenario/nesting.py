"""How deeply nested the JSON may be that a target gets: one that keeps whatever it gets must be able to give it back.

Some servers store JSON so deep that they can neither show nor delete it afterwards, and then fail for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from support.contract.normalizers import user_of
from support.http.operations import Operation
from support.models import Answer
from support.scenario.context import ScenarioContext
from support.scenario.odd_bodies import CLASSES, NESTED, STORABLE, Rewrite, extra_lists, name_in_lists
from support.statuses import is_success

LEVELS = 4


def classes_for(scenario: ScenarioContext) -> Mapping[str, Mapping[str, Rewrite]]:
    """Return the classes of bodies, with only a few levels of JSON if the target keeps nested data."""
    session = scenario.session
    if session.keeps_nested is None:
        bodies = (extra_lists(LEVELS), name_in_lists(LEVELS))
        session.keeps_nested = any(scenario.run_at_once([_is_kept(scenario, body) for body in bodies]))
    if not session.keeps_nested:
        return CLASSES
    return {kind: STORABLE if bodies is NESTED else bodies for kind, bodies in CLASSES.items()}


def _is_kept(scenario: ScenarioContext, nest: Rewrite) -> Operation[bool]:
    """Sign up with lists in each other; return whether the answer, or a read of the user, shows them."""
    new_user, api = scenario.factory.new_user(), scenario.api
    call = api.call("POST", body=nest(api.create_call(new_user.as_json()).body or b"", new_user))
    created = yield from scenario.registry.create(call, new_user.email, new_user.name, scenario.ids_before)
    if _shows_lists(created.answer):
        return True
    user = user_of(created.answer, scenario.profile)
    return user is not None and _shows_lists((yield from api.read(user.id)).answer)


def _shows_lists(answer: Answer | None) -> bool:
    return answer is not None and is_success(answer.status) and b"[" * LEVELS in b"".join(answer.body.split())
