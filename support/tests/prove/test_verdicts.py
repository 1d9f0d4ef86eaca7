"""What counts as caught, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.prove.plays import Play, read_records
from support.prove.residue import Residue, residue, residue_in_the_end
from support.prove.verdicts import Fate, Trial
from support.target.embedded import Target
from support.tests.prove.canned import DEFECT, broken, hearing, line, play, record, trial

RULE = DEFECT.rule
ERROR = record(RULE, "error", "TypeError: 'NoneType' object is not subscriptable")
GREEN = play(record(RULE))


def test_a_scenario_of_the_rule_that_says_so_catches_the_defect() -> None:
    caught = trial(record(RULE), broken(RULE, number=2))
    assert caught.fate is Fate.CAUGHT
    assert [one.location for one in caught.catchers] == ["features/exact-text.feature:2"]


def test_an_error_is_no_catch() -> None:
    assert trial(ERROR, whole=play(ERROR)).fate is Fate.ERRORS


def test_an_error_beside_a_catch_does_not_matter() -> None:
    assert trial(ERROR, broken(RULE, number=2)).fate is Fate.CAUGHT


def test_an_error_that_speaks_of_a_broken_promise_is_no_catch() -> None:
    assert trial(record(RULE, "error", "contract broken: exact-text"), whole=GREEN).fate is Fate.ERRORS


def test_a_failure_without_a_promise_is_no_catch() -> None:
    bare = record(RULE, "failed", "AssertionError: 1 != 2")
    assert trial(bare, whole=GREEN).fate is Fate.ERRORS


def test_everything_green_means_missed() -> None:
    assert trial(record(RULE), whole=GREEN).fate is Fate.MISSED


def test_another_rule_that_catches_it_is_luck() -> None:
    lucky = trial(record(RULE), whole=play(record(RULE), broken("list", number=2)))
    assert lucky.fate is Fate.LUCK
    assert [one.rule for one in lucky.accusing] == ["list"]


def test_a_preparation_that_fails_under_another_rule_is_luck() -> None:
    assert trial(broken("create-201", shown_by=RULE), whole=GREEN).fate is Fate.LUCK


def test_a_catch_of_the_rule_only_among_the_whole_contract_is_luck() -> None:
    assert trial(record(RULE), whole=play(broken(RULE))).fate is Fate.LUCK


def test_a_run_that_does_not_end_is_no_catch() -> None:
    assert Trial(DEFECT, play(in_time=False), play(in_time=False)).fate is Fate.LATE


def test_a_run_without_scenarios_is_not_green() -> None:
    assert not Play((), 0, 1.0).green
    assert trial(whole=play()).fate is Fate.ERRORS


def test_a_failure_that_does_not_fail_the_run_is_no_catch() -> None:
    assert Trial(DEFECT, play(broken(RULE), exit_code=0), GREEN).fate is not Fate.CAUGHT


@pytest.mark.parametrize("alone", [True, False])
def test_it_is_known_where_nothing_but_silence_speaks(alone: bool) -> None:
    silence = replace(broken(RULE), silent=alone)
    assert trial(silence).by_silence_alone is alone


def test_noise_is_what_turns_red_beside_the_rule() -> None:
    whole = play(broken(RULE), broken("list", number=2), record("delete", "error", "oops", 3), record("put"))
    assert trial(broken(RULE), whole=whole).noise == ["delete", "list"]
    assert trial(broken(RULE)).noise is None


def test_a_correct_api_is_accepted_when_all_is_green_and_as_before() -> None:
    assert hearing().accepted
    assert not hearing(broken("list")).accepted
    assert not hearing(exit_code=2).accepted
    assert not hearing(residue=Residue(left=("{}",))).accepted


def test_what_is_left_gone_or_changed_is_told() -> None:
    found = residue({"1": "Ada", "2": "Grace", "3": "Alan"}, {"1": "Ada", "3": "ALAN", "4": "Mallory"})
    assert found.told() == ["left behind: Mallory", "gone: Grace", "changed: ALAN"]
    assert residue({"1": "Ada"}, {"1": "Ada"}).nothing


def test_a_line_that_was_cut_off_is_left_out() -> None:
    assert len(read_records([line("list"), line("list", number=2)[:40]])) == 1


def test_who_is_shown_for_a_while_after_leaving_is_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = iter([{"1": "Ada", "2": "Grace"}, {"1": "Ada"}])
    monkeypatch.setattr("support.prove.residue.everybody", lambda _target: next(shown))
    monkeypatch.setattr("support.prove.residue.PAUSE_S", 0)
    assert residue_in_the_end(Target("http://127.0.0.1:1/users", None, "nobody"), {"1": "Ada"}).nothing
