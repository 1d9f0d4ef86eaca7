"""What the suite says of each peer is what the peer's recorded answers deserve; a difference is told."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from support import profile_files
from support.errors import Outcome
from support.peers import PeerUnavailable
from support.peers.catalogue import RECIPES
from support.peers.judge import Judgement, Row, compare, judge
from support.peers.judge.__main__ import report
from support.peers.verdicts import judged
from support.reporting.results import Result
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


def deserved(name: str) -> dict[str, Result]:
    return {rule: OF_A_VERDICT[verdict.profiled] for rule, verdict in judged(name).verdicts.items()}


def strictly(results: Mapping[str, Result]) -> dict[str, Result]:
    known = Result.KNOWN_DEVIATION
    return {rule: Result.FAILED if result is known else result for rule, result in results.items()}


def rows(name: str, ours: Mapping[str, Result], strict: Mapping[str, Result] | None = None) -> list[Row]:
    strict = strictly(ours) if strict is None else strict
    return compare(judged(name), profile_files.load(name), summary(ours), summary(strict))


@pytest.mark.peers
@pytest.mark.parametrize("name", RECIPES)
def test_the_suite_says_of_a_peer_what_its_answers_deserve(name: str) -> None:
    try:
        judgement = judge(name)
    except PeerUnavailable as reason:
        pytest.skip(str(reason))
    assert [row.rule for row in judgement.rows] == list(RULES)
    assert judgement.differences == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_that_says_what_is_deserved_does_not_differ(name: str) -> None:
    assert [row for row in rows(name, deserved(name)) if row.differences] == []


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("rule", RULES)
def test_any_other_word_on_a_rule_is_told(name: str, rule: str) -> None:
    profile = profile_files.load(name)
    known = [deviation for deviation in profile.deviations if deviation.rule == rule]
    right = deserved(name)[rule]
    for word in {Result.PASSED, Result.FAILED, Result.SKIPPED, Result.INCONCLUSIVE} - {right}:
        if word is Result.PASSED and known and all(deviation.sometimes for deviation in known):
            continue
        assert [row.rule for row in rows(name, {**deserved(name), rule: word}) if row.differences] == [rule]


def test_a_deviation_that_shows_only_sometimes_may_not_show() -> None:
    ours = {**deserved("django-rest"), "lost-update": Result.PASSED}
    assert [row for row in rows("django-rest", ours) if row.differences] == []


def test_a_strict_run_that_excuses_something_is_told() -> None:
    ours = deserved("mockoon")
    [row] = [row for row in rows("mockoon", ours, {**strictly(ours), "put": Result.KNOWN_DEVIATION}) if row.differences]
    assert row.rule == "put"
    assert any("STRICT=1" in text for text in row.differences)


def test_a_value_of_the_profile_does_not_count_as_passed_by_the_contract() -> None:
    peer = judged("feathers")
    verdicts = {**peer.verdicts, "user-shape": replace(peer.verdicts["user-shape"], strict="passed")}
    ours = summary(deserved("feathers"))
    strict = summary(strictly(deserved("feathers")))
    told = compare(replace(peer, verdicts=verdicts), profile_files.load("feathers"), ours, strict)
    [row] = [row for row in told if row.differences]
    assert row.rule == "user-shape"
    assert "by the contract alone" in row.differences[0]


def test_the_table_has_a_line_for_each_rule_and_marks_what_differs() -> None:
    ours = {**deserved("feathers"), "list": Result.FAILED}
    judgement = Judgement("feathers", rows("feathers", ours), ["left behind: somebody"])
    lines = list(report({"feathers": judgement}, {"mockoon": "npm is not installed here"}, {"json-server": "it broke"}))
    assert [line.split()[0] for line in lines[1 : len(RULES) + 1]] == list(RULES)
    assert [line.split()[0] for line in lines if "(!)" in line] == ["list"]
    assert "mockoon was skipped: npm is not installed here" in lines
    assert "json-server could not be judged: it broke" in lines
    assert "feathers differs: left behind: somebody" in lines
    assert any(line.startswith("feathers differs: list: ") for line in lines)
