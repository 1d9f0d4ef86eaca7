"""The suite agrees with the verdicts on each peer, and a difference is reported."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from support import profile_files
from support.errors import Outcome
from support.peers import PeerUnavailable
from support.peers.check import PeerResult, Row, check_peer, compare, result_of, unexcused
from support.peers.check.__main__ import report
from support.peers.verdicts import ASSESSED, assessment
from support.profile import Deviation, Profile
from support.reporting.results import KNOWN_DEVIATION, Failure, Result
from support.reporting.summary import RuleResult, ScenarioResult, Summary
from support.rules import RULES

OF_A_VERDICT = {"passed": Result.PASSED, "failed": Result.KNOWN_DEVIATION, "not offered": Result.SKIPPED}


def summary(results: Mapping[str, Result]) -> Summary:
    """Return a run with one scenario a rule."""
    return Summary(
        Outcome.PASSED,
        rules=[RuleResult(rule, "", "", result, 1, 0.0) for rule, result in results.items()],
        scenarios=[ScenarioResult("", "", 1, rule, rule, result, 0.0) for rule, result in results.items()],
    )


def expected(name: str) -> dict[str, Result]:
    return {rule: OF_A_VERDICT[verdict.profiled] for rule, verdict in assessment(name).verdicts.items()}


def strictly(results: Mapping[str, Result]) -> dict[str, Result]:
    known = Result.KNOWN_DEVIATION
    return {rule: Result.FAILED if result is known else result for rule, result in results.items()}


def rows(name: str, ours: Mapping[str, Result], strict: Mapping[str, Result] | None = None) -> list[Row]:
    strict = strictly(ours) if strict is None else strict
    return compare(assessment(name), profile_files.load(name), summary(ours), summary(strict))


@pytest.mark.peers
@pytest.mark.parametrize("name", ASSESSED)
def test_the_suite_agrees_with_the_verdicts_on_a_peer(name: str) -> None:
    try:
        result = check_peer(name)
    except PeerUnavailable as reason:
        pytest.skip(str(reason))
    assert [row.rule for row in result.rows] == list(RULES)
    assert result.differences == []


@pytest.mark.parametrize("name", ASSESSED)
def test_a_run_that_agrees_with_the_verdicts_does_not_differ(name: str) -> None:
    assert [row for row in rows(name, expected(name)) if row.differences] == []


@pytest.mark.parametrize("name", ASSESSED)
@pytest.mark.parametrize("rule", RULES)
def test_any_other_result_of_a_rule_is_reported(name: str, rule: str) -> None:
    profile = profile_files.load(name)
    known = [deviation for deviation in profile.deviations if deviation.rule == rule]
    right = expected(name)[rule]
    for other in {Result.PASSED, Result.FAILED, Result.SKIPPED, Result.INCONCLUSIVE} - {right}:
        if other is Result.PASSED and known and all(deviation.sometimes for deviation in known):
            continue
        assert [row.rule for row in rows(name, {**expected(name), rule: other}) if row.differences] == [rule]


def test_a_broken_rule_may_be_blocked_by_another_one_but_not_a_kept_one() -> None:
    ours = expected("json-server")
    for rule, differing in (("race-email", []), ("read-200", ["read-200"])):
        strict = {**strictly(ours), rule: Result.BLOCKED}
        assert [row.rule for row in rows("json-server", ours, strict) if row.differences] == differing


def test_a_deviation_that_shows_only_sometimes_may_not_show() -> None:
    ours = {**expected("django-rest"), "lost-update": Result.PASSED}
    assert [row for row in rows("django-rest", ours) if row.differences] == []


def test_a_blocked_rule_counts_by_the_scenarios_in_which_no_other_was_broken() -> None:
    def of(*scenarios: tuple[Result, str]) -> Result:
        results = [
            ScenarioResult("", "", 1, "list", "list", result, 0.0, broken_rule=rule) for result, rule in scenarios
        ]
        rules = [RuleResult("list", "", "", Result.BLOCKED, 1, 0.0)]
        return result_of("list", Summary(Outcome.PASSED, rules=rules, scenarios=results))

    blocked = (Result.KNOWN_DEVIATION, "create-201")
    assert of(blocked, (Result.PASSED, ""), (Result.SKIPPED, "")) is Result.PASSED
    assert of(blocked, (Result.PASSED, ""), (Result.FAILED, "list")) is Result.FAILED
    assert of(blocked, (Result.SKIPPED, "")) is Result.BLOCKED


def test_a_strict_run_that_excuses_something_is_reported() -> None:
    ours = expected("mockoon")
    [row] = [row for row in rows("mockoon", ours, {**strictly(ours), "put": Result.KNOWN_DEVIATION}) if row.differences]
    assert row.rule == "put"
    assert any("STRICT=1" in text for text in row.differences)


def test_failures_that_the_profile_does_not_excuse_are_listed() -> None:
    def failed(outcome: str, rule: str) -> Summary:
        return Summary(
            Outcome.PASSED, failures=[Failure(outcome, rule, "", "A title", "a.feature:1", "", f"wrong {rule}")]
        )

    profile = Profile(deviations=(Deviation("list", "reason", "https://example.com", date(2026, 11, 1)),))
    rows = [Row(rule, "", ("it differs",)) for rule in ("list", "head")]
    broken, nothing = Outcome.CONTRACT_BROKEN, Summary(Outcome.PASSED)
    assert unexcused(profile, rows, failed(broken, "put"), nothing) == ["a.feature:1 A title: wrong put"]
    assert unexcused(profile, rows, failed(KNOWN_DEVIATION, "put"), nothing) == []
    assert unexcused(profile, rows, nothing, failed(broken, "head")) == ["a.feature:1 A title: wrong head"]
    assert unexcused(profile, rows, nothing, failed(broken, "list")) == []
    assert unexcused(profile, rows, nothing, failed(broken, "put")) == []


def test_a_value_of_the_profile_does_not_count_as_passed_by_the_contract() -> None:
    peer = assessment("feathers")
    verdicts = {**peer.verdicts, "user-shape": replace(peer.verdicts["user-shape"], strict="passed")}
    ours = summary(expected("feathers"))
    strict = summary(strictly(expected("feathers")))
    found = compare(replace(peer, verdicts=verdicts), profile_files.load("feathers"), ours, strict)
    [row] = [row for row in found if row.differences]
    assert row.rule == "user-shape"
    assert "by the contract alone" in row.differences[0]


def test_the_table_has_a_line_for_each_rule_and_marks_what_differs() -> None:
    ours = {**expected("feathers"), "list": Result.FAILED}
    result = PeerResult("feathers", rows("feathers", ours), ["left behind: a user"])
    lines = list(report({"feathers": result}, {"mockoon": "npm is not installed here"}, {"json-server": "it broke"}))
    assert [line.split()[0] for line in lines[1 : len(RULES) + 1]] == list(RULES)
    assert [line.split()[0] for line in lines if "(!)" in line] == ["list"]
    assert "mockoon was skipped: npm is not installed here" in lines
    assert "json-server could not be checked: it broke" in lines
    assert "feathers differs: left behind: a user" in lines
    assert any(line.startswith("feathers differs: list: ") for line in lines)
