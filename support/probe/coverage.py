"""Say what a run with a profile judges: which rules it checks, which it excuses, and which it cannot check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from behave.model import Scenario
from behave.parser import parse_file

from support.contract.tags import reason_to_skip, rule_of
from support.errors import number_of
from support.profile import Profile
from support.reporting.results import Result, plain
from support.rules import RULES
from support.settings import ROOT

CONTRACT = "contract"


def coverage(profile: Profile, results: Mapping[str, Result]) -> Iterator[str]:
    """Yield a line on the rules checked without exception, and lines on the others; `results` are those of a run."""
    whole: list[str] = []
    partly: list[str] = []
    unchecked: list[str] = []
    not_passed: list[str] = []
    scenarios: defaultdict[str, list[Scenario]] = defaultdict(list)
    everything = list(_scenarios())
    for scenario in everything:
        scenarios[rule_of(scenario)].append(scenario)
    for rule in RULES:
        reasons = [reason_to_skip(scenario, profile, has_token=True) for scenario in scenarios[rule]]
        names = [plain(one.name) for one, reason in zip(scenarios[rule], reasons, strict=True) if reason is None]
        known = [one for one in profile.deviations if one.rule == rule]
        excused = [name for name in names if any(one.covers(name) for one in known)]
        elsewhere = [one for one in known if one.scenarios]  # a scenario about another rule may show this one broken
        excused += [
            name
            for name in (plain(one.name) for one in everything if rule_of(one) != rule)
            if any(one.covers(name) for one in elsewhere)
        ]
        excluded = sum(any(each.covers(plain(one.name)) for each in profile.excluded) for one in scenarios[rule])
        if not names:
            unchecked.append(f"{rule}: {next(filter(None, reasons), 'no scenario')}")
        elif excused or excluded:
            partly.append(f"{rule} in {number_of(len(excused) + excluded, 'scenario')}")
        elif results.get(rule, Result.PASSED) is not Result.PASSED:
            not_passed.append(f"{rule} ({results[rule]})")
        else:
            whole.append(rule)
    yield f"A run with this draft checks {len(whole)} of {len(RULES)} rules without exception: {', '.join(whole)}."
    if partly:
        yield f"It excuses what was seen, or leaves scenarios out: {'; '.join(partly)}."
    if not_passed:
        yield f"It excuses none of these rules, although they did not pass in the run: {', '.join(not_passed)}."
    if unchecked:
        yield f"It cannot check {'; '.join(unchecked)}."


def scenarios_tagged(tag: str) -> set[str]:
    """Return the names of the scenarios of the contract with a tag."""
    return {plain(scenario.name) for scenario in _scenarios() if tag in scenario.effective_tags}


def _scenarios() -> Iterator[Scenario]:
    for path in sorted(ROOT.glob("features/**/*.feature")):
        yield from (one for one in parse_file(str(path)).walk_scenarios() if CONTRACT in one.effective_tags)
