"""Unusual requests: what is made up is the same for the same seed, and can be told from what others send."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest
import requests

from support.errors import ContractViolation
from support.models import Answer, NewUser
from support.scenario import accounts, odd_requests, outcomes, robustness
from support.scenario.context import Actor, ScenarioContext
from support.scenario.generated import _drawn, _json_values
from support.scenario.odd_bodies import CLASSES
from support.target.embedded import Target
from support.tests.conftest import NewSession

ADA = NewUser("Ada", "ada.0001@uat-example.example.com")
BODY = json.dumps(ADA.as_json()).encode()


def test_the_same_seed_makes_up_the_same() -> None:
    assert _drawn(20, 7, _json_values()) == _drawn(20, 7, _json_values())
    assert _drawn(20, 7, _json_values()) != _drawn(20, 8, _json_values())


@pytest.mark.parametrize(
    "rewrite", [one for bodies in CLASSES.values() for one in bodies.items()], ids=lambda one: one[0]
)
def test_every_body_is_unusual_and_names_its_email(rewrite: tuple[str, object]) -> None:
    what, make = rewrite
    body = make(BODY, ADA)  # type: ignore[operator]
    assert body != BODY, what
    assert ADA.email.encode() in body
    assert len(body) <= 1024 * 1024


@pytest.mark.parametrize(("padding", "is_right"), [(0, False), (outcomes.LARGEST_NEEDED, True)])
def test_only_a_body_larger_than_any_user_needs_may_be_too_large(
    new_session: NewSession, embedded: Target, padding: int, is_right: bool
) -> None:
    session = new_session(embedded)
    session.begin("create-invalid")
    exchange = session.http.run(session.api.send(session.api.create_call({"name": "A" * (padding + 1)})))
    assert exchange.answer is not None
    too_large = replace(exchange.answer, status=413)
    session.scenario.keep(replace(exchange, attempts=(replace(exchange.attempts[-1], outcome=too_large),)))
    with contextlib.nullcontext() if is_right else pytest.raises(ContractViolation, match="413"):
        outcomes.is_answered(session.scenario, "invalid")


@pytest.mark.parametrize(
    "name_grace",
    [odd_requests.delete_naming_another, lambda *who: [*odd_requests.changes_that_name_another(*who)]],
    ids=["deletion", "changes"],
)
def test_no_request_names_a_user_who_may_be_another_clients(
    new_session: NewSession, embedded: Target, name_grace: Callable[[ScenarioContext, Actor, Actor], object]
) -> None:
    session = new_session(embedded)
    session.begin("isolation")
    scenario = session.scenario
    ada, grace = (accounts.become_user(scenario, scenario.actor(name)) for name in ("Ada", "Grace"))
    other = {"name": "Alan", "email": f"{uuid4().hex}@example.org"}
    headers = {"Authorization": f"Bearer {embedded.token}"}
    grace.id = requests.post(embedded.base_url, json=other, headers=headers, timeout=9).json()["id"]
    with pytest.raises(ContractViolation, match="does not show our user"):
        name_grace(scenario, ada, grace)
    assert accounts.read(scenario, ada).status == 200


@pytest.mark.parametrize(("body", "tells"), [(b"", False), (b'{"name": "Grace"}', True)])
def test_an_accepted_change_without_a_user_in_its_answer_may_have_left_anything(
    new_session: NewSession, embedded: Target, body: bytes, tells: bool
) -> None:
    session = new_session(embedded)
    session.begin("robust")
    scenario = session.scenario
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    exchange = session.http.run(session.api.patch(ada.known_id, {"name": f"Ada {session.mark}"}))
    answered = replace(exchange.attempts[-1], outcome=Answer(204, {"Content-Type": "application/json"}, body, 0.0))
    scenario.keep(replace(exchange, attempts=(answered,)))
    with pytest.raises(ContractViolation) if tells else contextlib.nullcontext():
        robustness.shows_an_accepted_change(scenario, ada)
    session.registry.prove_nothing_is_left(20)


@pytest.mark.parametrize(("took_s", "bursts"), [(0.0, 3), (11.0, 1)])
def test_bursts_end_where_one_takes_longer_than_a_request_may(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch, took_s: float, bursts: int
) -> None:
    session = new_session(embedded, request_timeout_s=10.0)
    session.begin("robust")
    clock = itertools.count(0, took_s)
    monkeypatch.setattr(robustness, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    reads = [odd_requests.Odd("a read", session.api.call("GET")) for _ in range(3 * robustness.AT_ONCE)]
    robustness.send_at_once(session.scenario, reads)
    assert len(session.scenario.exchanges) == len(session.scenario.odd) == bursts * robustness.AT_ONCE
