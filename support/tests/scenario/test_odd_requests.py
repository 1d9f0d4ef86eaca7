"""Unusual requests: what is made up is the same for the same seed, and can be told from what others send."""

from __future__ import annotations

import json

import pytest

from support.models import NewUser
from support.scenario.generated import _drawn, _json_values
from support.scenario.odd_bodies import CLASSES

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
