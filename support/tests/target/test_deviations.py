"""A known deviation does not fail the run; any other failure does, and so does a deviation that is fixed."""

import pytest

from support.contract.tags import LACKING
from support.tests.target.conftest import NewProfile, NewTarget, Play

pytestmark = pytest.mark.sampled
TOKENS = "features/access/tokens.feature"
NO_TOKEN = "Mallory uses no token -- @1.1 "
WRONG_TOKEN = "Mallory uses a wrong token -- @1.3 "
KNOWN = '[[deviations]]\nreason = "it names no scheme"\nlink = "https://example.org/7"\nsince = 2026-01-31\n'
ONLY_THE_HEADER = 'shows = ["*: there is no WWW-Authenticate"]\n'
OF_401 = f'{KNOWN}rule = "auth-401"\nscenarios = ["Mallory uses *", "Mallory puts *", "Mallory spells *"]\n'


def test_a_known_failure_is_shown_as_known_and_does_not_fail_the_run(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    ended = play(new_target("--defect", "no-challenge"), profile(OF_401), TOKENS)
    assert ended.code == 0
    assert ended.results()[NO_TOKEN] == "known deviation"
    assert ended.summary.rules[0].result == "known deviation"
    assert "19 known deviation" in ended.out
    assert ended.out.strip().splitlines()[-1].startswith("passed: ")


def test_a_fixed_deviation_fails_the_run_and_names_the_entry_to_remove(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    ended = play(new_target(), profile(OF_401), TOKENS)
    assert ended.code != 0
    assert "fixed: " in ended.said
    assert "auth-401 (Mallory uses no token)" in ended.said
    assert "Remove each from the profile; if other" in ended.said


def test_one_fixed_deviation_of_several_is_reported(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    both = OF_401 + f'{KNOWN}rule = "auth-401"\nscenarios = ["Ada still has access after Mallory was refused"]\n'
    ended = play(new_target("--defect", "no-challenge"), profile(both), TOKENS)
    assert ended.code != 0
    assert "auth-401 (Ada still has access after Mallory was refused)" in ended.said


def test_a_part_of_a_rule_does_not_show_that_a_deviation_from_the_rule_is_fixed(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    ended = play(new_target(), profile(f'{KNOWN}rule = "auth-401"\n'), TOKENS)
    assert ended.code == 0
    assert "fixed: " not in ended.said


def test_an_intermittent_deviation_is_not_taken_for_fixed(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    ended = play(new_target(), profile(f"{OF_401}sometimes = true\n"), TOKENS)
    assert ended.code == 0
    assert ended.results()[NO_TOKEN] == "passed"


def test_strict_ignores_the_list(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    ended = play(new_target("--defect", "no-challenge"), profile(OF_401), TOKENS, strict="1")
    assert ended.code == 1
    assert ended.results()[NO_TOKEN] == "failed"
    assert play(new_target(), profile(OF_401), TOKENS, strict="1").code == 0


def test_a_deviation_past_its_review_causes_a_warning(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    past, ahead = "review = 2026-02-01\n", "review = 2999-01-01\n"
    defective = new_target("--defect", "no-challenge")
    warned = play(defective, profile(OF_401 + past), TOKENS)
    assert warned.code == 0
    assert "the deviation from auth-401 was to be reviewed by 2026-02-01: it names no scheme" in warned.said
    assert "reviewed" not in play(defective, profile(OF_401 + ahead), TOKENS).said


def test_other_scenarios_are_not_covered(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    narrow = f'{KNOWN}rule = "auth-401"\nscenarios = ["Mallory uses no token"]\n'
    ended = play(new_target("--defect", "no-challenge"), profile(narrow), TOKENS)
    assert ended.code == 1
    assert ended.results()[NO_TOKEN] == "known deviation"
    assert ended.results()[WRONG_TOKEN] == "failed"


def test_other_mismatches_are_not_covered(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    own = profile(OF_401 + ONLY_THE_HEADER)
    assert play(new_target("--defect", "no-challenge"), own, TOKENS).code == 0
    both = play(new_target("--defect", "no-challenge", "--defect", "any-token-will-do"), own, TOKENS)
    assert both.code == 1
    assert both.results()[NO_TOKEN] == "known deviation"
    assert both.results()[WRONG_TOKEN] == "failed"


def test_a_request_without_access_control_is_reported_even_if_a_known_header_is_missing(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    target = new_target("--defect", "no-challenge", "--defect", "deleting-open")
    ended = play(target, profile(OF_401 + ONLY_THE_HEADER), TOKENS)
    assert ended.results()[NO_TOKEN] == "failed"
    assert "DELETE" in next(one.text for one in ended.summary.failures if one.scenario == NO_TOKEN)


def test_a_user_of_known_shape_is_judged_on(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    shape = f'{KNOWN}rule = "user-shape"\nshows = ["/createdAt: *"]\n'
    defective = new_target("--defect", "time-without-offset", "--defect", "put-changes-nothing")
    ended = play(defective, profile(shape), "features/users/creating.feature", "features/users/updating.feature")
    results = ended.results()
    assert results["Ada signs up"] == results["Ada changes their name"] == "passed"
    assert results["Every user is complete when a client signs up -- @1.1 "] == "known deviation"
    assert {failure.rule for failure in ended.summary.failures if failure.outcome == "contract broken"} == {"put"}
    strict = play(defective, profile(shape), "features/users/creating.feature", strict="1")
    assert strict.results()["Ada signs up"] == "blocked"


def test_another_broken_rule_is_not_covered(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    other = f'{KNOWN}rule = "create-location"\n'
    ended = play(new_target("--defect", "no-challenge"), profile(other), TOKENS)
    assert ended.code == 1
    assert ended.results()[NO_TOKEN] == "failed"


def test_an_excluded_scenario_is_skipped_with_its_reason(
    play: Play, new_target: NewTarget, profile: NewProfile
) -> None:
    excluded = '[[excluded]]\nreason = "it locks the account"\nscenarios = ["Mallory uses a wrong token"]\n'
    ended = play(new_target(), profile(excluded), TOKENS)
    assert ended.code == 0
    assert ended.results()[WRONG_TOKEN] == "skipped"
    reasons = {scenario.name: scenario.reason for scenario in ended.summary.scenarios}
    assert reasons[WRONG_TOKEN] == "excluded: it locks the account"
    assert ended.results()[NO_TOKEN] == "passed"


def test_scenarios_of_missing_capabilities_are_skipped(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    without = profile("[capabilities]\naccess = false\nput = false\n")
    ended = play(new_target(), without, TOKENS, "features/users/updating.feature")
    assert ended.code == 0
    reasons = {scenario.reason for scenario in ended.summary.scenarios}
    assert reasons == {"", f"the target has {LACKING['access']}", "the target has no PUT"}


@pytest.mark.parametrize(
    ("variant", "reason"), [("no-etags", "a read of a user has no ETag"), ("weak-etags", "the ETags are weak")]
)
def test_scenarios_about_etags_are_skipped_where_reads_have_none_that_fits(
    play: Play, new_target: NewTarget, variant: str, reason: str
) -> None:
    features = ("features/protocol/conditional.feature", "features/users/lifecycle.feature")
    ended = play(new_target("--variant", variant), "contract", *features)
    assert ended.code == 0, ended.said
    assert {one.reason for one in ended.summary.scenarios if one.result == "skipped"} == {reason}


def test_a_run_of_skipped_scenarios_says_why_it_shows_nothing(play: Play, new_target: NewTarget) -> None:
    ended = play(new_target("--variant", "no-etags"), "contract", "features/protocol/conditional.feature")
    assert ended.code != 0
    assert "configuration error: every selected scenario was skipped: a read of a user has no ETag" in ended.said
