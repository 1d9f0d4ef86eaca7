"""Refusals, as frameworks write them, name the fields that a target asks for; each field has a value to try."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.contract.refusals import complaints_in
from support.probe.proposals import proposals

HERE = Path(__file__).parent

REFUSALS = {one["framework"]: one for one in map(json.loads, (HERE / "refusals.jsonl").read_text("utf-8").splitlines())}
"""The body of a refusal by the framework that wrote it; `fields` are those asked for, or with a minus not wanted."""

VALUES = {
    ("password", "Required"): "{password}",
    ("passwordConfirmation", ""): "{password}",
    ("email_confirmation", ""): "{email}",
    ("username", "may only contain letters and digits"): "{local_part}",
    ("first_name", "This field is required."): "{first_name}",
    ("lastName", "must not be blank"): "{last_name}",
    ("role", "Input should be 'admin' or 'user'"): "user",
    ("role", '"role" must be one of [admin, customer]'): "customer",
    ("role", "role must be one of the following values: admin, member"): "member",
    ("plan", "Invalid enum value. Expected 'free' | 'pro', received undefined"): "free",
    ("age", "Expected number, received undefined"): 30,
    ("seats", "must be greater than or equal to 18 (an integer)"): 19,
    ("terms", "The terms field must be accepted."): True,
    ("acceptTerms", "must be a boolean"): True,
    ("birthDate", "Input should be a valid date"): "1990-01-01",
    ("phone", "must not be blank"): "+4915{number}",
    ("tenantId", "must be a UUID"): "{uuid}",
    ("tags", "must be an array"): [],
    ("shoe", "This field is required."): "Ada",
}


@pytest.mark.parametrize("framework", REFUSALS)
def test_a_refusal_names_its_fields(framework: str) -> None:
    refusal = REFUSALS[framework]
    found = dict.fromkeys(f"{'-' * each.is_unknown}{'.'.join(each.path)}" for each in complaints_in(refusal["body"]))
    assert " ".join(found) == refusal["fields"]


@pytest.mark.parametrize(("name", "text"), VALUES)
def test_a_field_gets_a_value_by_its_name_and_by_what_is_said_of_it(name: str, text: str) -> None:
    first = proposals(name, text)[0]
    assert (type(first), first) == (type(VALUES[name, text]), VALUES[name, text])


def test_of_the_values_that_are_allowed_the_one_with_the_fewest_rights_comes_first() -> None:
    assert proposals("role", choices=("superadmin", "moderator", "admin"))[0] == "moderator"


def test_a_problem_with_choices_offers_them() -> None:
    found = complaints_in(REFUSALS["Joi"]["body"])
    assert [each.choices for each in found if each.path == ("role",)] == [("admin", "user")]
