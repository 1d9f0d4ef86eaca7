"""The list shows new users as their sign-ups did."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.errors import ContractViolation
from support.scenario import accounts, directory
from support.target.embedded import Target
from support.tests.conftest import NewSession


@pytest.mark.parametrize("changed", [None, {"createdAt": "2001-02-03T04:05:06Z"}, {"name": "Ada"}])
def test_an_entry_that_differs_from_the_answer_to_its_sign_up_is_wrong(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any] | None
) -> None:
    session = new_session(embedded)
    session.begin("burst")
    new_users = session.factory.new_users(3)
    sign_ups = [session.http.run(accounts.signing_up(session.scenario, one)) for one in new_users]
    listed = directory.read_list(session.scenario)
    assert listed.answer is not None
    entries = json.loads(listed.answer.body)
    entries[-1] |= changed or {}
    answer = replace(listed.answer, body=json.dumps(entries).encode())
    shown = replace(listed, attempts=(replace(listed.attempts[-1], outcome=answer),))
    monkeypatch.setattr(directory, "read_list", lambda _: shown)
    emails = [one.email for one in new_users]
    if changed is None:
        directory.shows_each_once(session.scenario, emails, sign_ups)
        return
    with pytest.raises(ContractViolation, match=next(iter(changed))) as caught:
        directory.shows_each_once(session.scenario, emails, sign_ups)
    assert caught.value.rule == "list"
