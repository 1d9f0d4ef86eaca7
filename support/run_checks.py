"""What is wrong with a run as a whole, though its scenarios may have passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from support.errors import SettingsError, SuiteError, number_of
from support.profile import Deviation, Profile
from support.reporting.results import Result, plain
from support.reporting.summary import Requests, ScenarioResult, Summary
from support.settings import Settings


def faults_of_run(summary: Summary, settings: Settings, profile: Profile) -> list[SuiteError]:
    """Return why the outcome of a run does not count: nothing ran, a known deviation is fixed, too many retries."""
    if not summary.scenarios:
        return [SuiteError("no scenario was selected: check --tags, --name and the paths")]
    if all(scenario.result is Result.SKIPPED for scenario in summary.scenarios):
        reasons = "; ".join(dict.fromkeys(scenario.reason for scenario in summary.scenarios))
        return [SuiteError(f"every selected scenario was skipped: {reasons}")]
    known = () if settings.strict else profile.deviations
    faults = [_fixed(known, summary, profile.name), _retries(summary.requests, settings.max_retried_share)]
    return [fault for fault in faults if fault is not None]


def _fixed(known: Sequence[Deviation], summary: Summary, profile: str) -> SuiteError | None:
    """Return a fault if a deviation did not show although its scenarios ran: its entry has to go."""
    judged = [each for each in known if each.scenarios or _is_whole(summary, each.rule)]
    passed = {each: name for each in judged if (name := _scenario_without(each, summary.scenarios)) is not None}
    if not passed:
        return None
    listed = "; ".join(f"{each.rule} ({plain(name)})" for each, name in passed.items())
    return SettingsError(
        f"fixed: the target no longer shows {number_of(len(passed), 'deviation')} that the profile {profile} lists: "
        f"{listed}. Remove each from the profile; if other scenarios still show it, remove only the scenario that "
        "passed from its `scenarios`."
    )


def _is_whole(summary: Summary, rule: str) -> bool:
    """Whether all scenarios of a rule were selected, so that a deviation from it would have shown."""
    return summary.selection in ("", "contract", f"rule.{rule}") and not summary.shard


def _scenario_without(known: Deviation, scenarios: Sequence[ScenarioResult]) -> str | None:
    """Return the first scenario that shows that a deviation is fixed; None if there is none."""
    own = [scenario for scenario in scenarios if scenario.rule == known.rule and known.covers(scenario.name)]
    passed = [scenario.name for scenario in own if scenario.result is Result.PASSED]
    failed = any(each.result is Result.KNOWN_DEVIATION and each.reason == known.reason for each in scenarios)
    if known.sometimes or not passed or (failed and not known.scenarios):
        return None
    return passed[0]


def _retries(sent: Requests, most: float | None) -> SuiteError | None:
    """Return a fault if retries rescued more calls than MAX_RETRIED_SHARE allows."""
    share = sent.retried_calls / max(1, sent.calls)
    if most is None or share <= most:
        return None
    causes = ", ".join(f"{count} x {cause}" for cause, count in Counter(sent.retried_causes).most_common(5))
    return SuiteError(
        f"retries rescued {sent.retried_calls} of {number_of(sent.calls, 'call')} ({share:.1%}), and "
        f"MAX_RETRIED_SHARE allows {most:.1%}: {causes}"
    )
