"""The suite passes against the imitation of mockapi.io, leaves no user there, and changes no other user."""

import pytest

from support.tests.target.conftest import NewTarget, Play

MINIMUM = (
    "create-201",
    "read-200",
    "read-404",
    "list",
    "isolation",
    "delete",
    "delete-again",
    "delete-frees",
    "burst",
    "burst-workflow",
    "lost-update",
    "exact-text",
)


@pytest.mark.parametrize("personality", ["mockapi", pytest.param("mockapi-500", marks=pytest.mark.sampled)])
def test_the_suite_passes_on_mockapi(play: Play, new_target: NewTarget, personality: str) -> None:
    target = new_target("--personality", personality)
    others = [target.create() for _ in range(3)]
    ended = play(target, personality, token="none", race_rounds="12")
    assert ended.code == 0, ended.said
    assert target.client.get(target.url).json() == others
    summary = ended.summary
    assert (summary.outcome, summary.profile, summary.users.left_behind) == ("passed", personality, 0)
    results = {rule.id: rule.result for rule in summary.rules}
    assert {rule for rule in MINIMUM if results[rule] != "passed"} == set()
    for rule in ("create-invalid", "email-unique", "race-email", "malformed-json", "update-invalid"):
        assert results[rule] == "known deviation"
    assert results["auth-401"] == "skipped"
