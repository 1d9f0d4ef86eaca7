"""The summary of a run: what the terminal shows at the end, and `summary.json` for programs. It holds no secrets."""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from support.errors import Outcome, number_of
from support.redaction import redacted
from support.reporting.results import Failure, Result, worst_outcome, worst_result
from support.rules import RULES

FILE = "summary.json"
PREVIOUS = "summary.previous.json"
REPEATED = "summary.again.json"
KEPT = (FILE, REPEATED, PREVIOUS)
AGAIN = "again="
SCHEMA = 4
NOT_COUNTED = (Result.SKIPPED, Result.NOT_RUN)
Seconds = Mapping[tuple[str, str], float]
"""Seconds of scenarios by feature and name; of cleanups by (feature, CLEANUP), the last one by ("", CLEANUP)."""
CLEANUP = ""


@dataclass(frozen=True)
class ScenarioResult:
    """The result of one scenario; `broken_rule` is the rule that the target broke in it, its own or another.

    `cleanup_s` is its share of the time until the users of its feature were gone.
    """

    feature: str
    file: str
    line: int
    rule: str
    name: str
    result: Result
    seconds: float
    reason: str = ""
    broken_rule: str = ""
    cleanup_s: float = 0.0


@dataclass(frozen=True)
class RuleResult:
    """The result of one rule over its scenarios, and over the scenarios of other rules that found it broken."""

    id: str
    promise: str
    source: str
    result: Result
    scenarios: int
    seconds: float


@dataclass(frozen=True)
class Users:
    """How many users the run created and deleted; `recovered` are those of dead runs that it deleted first."""

    created: int = 0
    deleted: int = 0
    gone: int = 0
    left_behind: int = 0
    recovered: int = 0


@dataclass(frozen=True)
class Requests:
    """The calls of scenarios and of the cleanup, and all requests that were sent, those of warm-ups included.

    `retried_causes` counts the failures that a retry resolved, by status or cause; `waited_s` is how long requests
    waited because of the `limit` of the target.
    """

    calls: int = 0
    sent: int = 0
    retried_calls: int = 0
    retried_causes: Mapping[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest: str = ""
    waited_s: float = 0.0
    limit: str = ""


@dataclass(frozen=True)
class Summary:
    """A whole run; `started` is RFC 3339, `contract` the version of the contract that the target is to keep.

    `learned` is what the preflight learned of the target, and `bursts` has a line for each burst and race. `closing_s`
    is how long it took in the end to confirm that all users are gone. `selection` says by which paths, tags, names and
    `again` the scenarios were selected; it is empty if by none of them. `shard` is the one of this machine, such as
    "2/4", if several share the run; `split` is the same on all that split it in the same way.
    """

    outcome: Outcome
    why: str = ""
    started: str = ""
    seconds: float = 0.0
    closing_s: float = 0.0
    run: str = ""
    seed: int | None = None
    target: str = ""
    profile: str = ""
    contract: str = ""
    selection: str = ""
    shard: str = ""
    split: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    features_by_result: Mapping[str, int] = field(default_factory=dict)
    rules_by_result: Mapping[str, int] = field(default_factory=dict)
    scenarios_by_result: Mapping[str, int] = field(default_factory=dict)
    users: Users = field(default_factory=Users)
    requests: Requests = field(default_factory=Requests)
    learned: Sequence[str] = ()
    bursts: Sequence[str] = ()
    rules: Sequence[RuleResult] = ()
    failures: Sequence[Failure] = ()
    scenarios: Sequence[ScenarioResult] = ()

    @property
    def identity(self) -> dict[str, Any]:
        """What the run is known by, and what took part in it."""
        names = ("run", "seed", "target", "profile", "contract", "selection")
        return {**{name: getattr(self, name) for name in names}, **self.versions}

    @property
    def data_seed(self) -> str:
        """The seed of the data in words; shards that were joined may have had several."""
        if self.seed is None:
            return "several data seeds" if "," in self.run else "no data seed"
        return f"data seed {self.seed}"

    @property
    def in_one_line(self) -> str:
        """The outcome, why, and against which target: the last line of a run."""
        why = f": {self.why}" if self.why else ""
        target = f" (target: {self.target})" if self.target and self.target not in self.why else ""
        return f"{self.outcome}{why}{target}"

    def write(self, folder: Path) -> Path:
        """Write the summary into a folder, atomically; return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        unfinished = path.with_suffix(".tmp")
        text = json.dumps(all_redacted({"schema": SCHEMA, **asdict(self)}), indent=2, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(path)
        return path


def read(path: Path) -> Summary:
    """Read a summary; raises ValueError if the file holds none of this schema version."""
    from pydantic import TypeAdapter

    try:
        content = all_redacted(json.loads(path.read_text(encoding="utf-8")))
        if content.pop("schema") != SCHEMA:
            raise ValueError("it has another schema version")
        return TypeAdapter(Summary).validate_python(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not the summary of a run: {error}") from None


def last_played(folder: Path) -> list[Summary]:
    """Return the summaries in a folder of the last runs that played scenarios, the newest first."""
    found = []
    for name in KEPT:
        with contextlib.suppress(OSError, ValueError):
            found.append(read(folder / name))
    return [summary for summary in found if summary.scenarios]


def seconds_of_last_run(folder: Path, shards: bool = True) -> Seconds:
    """Return how long scenarios and cleanups took in the last runs whose summaries are in a folder, if any.

    `shards` says whether runs of one shard count.
    """
    seconds: dict[tuple[str, str], float] = {}
    for last in reversed([one for one in last_played(folder) if shards or not one.shard]):
        played = [one for one in last.scenarios if one.result is not Result.NOT_RUN]
        seconds |= dict.fromkeys(((one.feature, CLEANUP) for one in played), 0.0)
        for one in played:
            seconds[one.feature, one.name] = one.seconds
            seconds[one.feature, CLEANUP] += one.cleanup_s
        seconds["", CLEANUP] = last.closing_s
    return seconds


def set_aside(folder: Path) -> None:
    """Make way for a new summary; keep the last one as the previous one if its run played scenarios.

    The summary of a run that only repeated failed scenarios is kept apart: it does not displace the run it repeated.
    """
    last = folder / FILE
    with contextlib.suppress(ValueError):
        if last.exists() and (summary := read(last)).scenarios:
            (folder / REPEATED).unlink(missing_ok=True)
            last.replace(folder / (REPEATED if AGAIN in summary.selection else PREVIOUS))
    last.unlink(missing_ok=True)


PARTS = (Summary, Users, Requests, RuleResult, ScenarioResult, Failure)
OWN_WORDS = frozenset({one.name for part in PARTS for one in fields(part)} | {*Result, *Outcome, "schema"})


def all_redacted(value: Any) -> Any:
    """Redact the texts of a JSON value, but not the words of summaries themselves: a token may be one of them."""
    if isinstance(value, str):
        return value if value in OWN_WORDS else redacted(value)
    if isinstance(value, Mapping):
        return {all_redacted(str(key)): all_redacted(inner) for key, inner in value.items()}
    return [all_redacted(inner) for inner in value] if isinstance(value, list | tuple) else value


def with_results(summary: Summary, scenarios: Sequence[ScenarioResult], failures: Sequence[Failure]) -> Summary:
    """Return a summary with these scenarios and failures, their counts, and the outcome that follows."""
    by_result = Counter(str(scenario.result) for scenario in scenarios)
    not_run = [Outcome.INCONCLUSIVE] if by_result[Result.NOT_RUN] else []
    outcome = worst_outcome([*(failure.outcome for failure in failures), *not_run])
    rules = _rule_results(scenarios)
    return replace(
        summary,
        outcome=outcome,
        why=_why(outcome, by_result, failures, rules),
        features_by_result=_features_by_result(scenarios),
        rules_by_result=dict(Counter(rule.result for rule in rules)),
        scenarios_by_result=dict(by_result),
        rules=rules,
        failures=failures,
        scenarios=scenarios,
    )


def _rule_results(scenarios: Sequence[ScenarioResult]) -> list[RuleResult]:
    results: defaultdict[str, list[Result]] = defaultdict(list)
    for scenario in scenarios:
        broke_other_rule = scenario.broken_rule not in ("", scenario.rule)
        results[scenario.rule].append(Result.BLOCKED if broke_other_rule else scenario.result)
        if broke_other_rule:
            known = scenario.result is Result.KNOWN_DEVIATION
            results[scenario.broken_rule].append(Result.KNOWN_DEVIATION if known else Result.FAILED)
    rules = []
    for rule_id in sorted(filter(None, results), key=contract_order):
        rule, own = RULES.get(rule_id), [scenario for scenario in scenarios if scenario.rule == rule_id]
        promise, source = (rule.promise, rule.source) if rule else ("", "")
        seconds = round(sum(scenario.seconds for scenario in own), 3)
        rules.append(RuleResult(rule_id, promise, source, worst_result(results[rule_id]), len(own), seconds))
    return rules


def contract_order(rule_id: str) -> tuple[int, str]:
    """Return a key that sorts rules in the order of the contract."""
    return (list(RULES).index(rule_id) if rule_id in RULES else len(RULES), rule_id)


def _features_by_result(scenarios: Sequence[ScenarioResult]) -> dict[str, int]:
    results: defaultdict[str, list[Result]] = defaultdict(list)
    for scenario in scenarios:
        results[scenario.file].append(scenario.result)
    return dict(Counter(map(worst_result, results.values())))


def _why(
    outcome: Outcome, by_result: Mapping[str, int], failures: Sequence[Failure], rules: Sequence[RuleResult]
) -> str:
    """Return the text that follows the outcome on the last line of a run."""
    run = sum(number for result, number in by_result.items() if result not in NOT_COUNTED)
    if outcome is Outcome.PASSED:
        known = by_result.get(Result.KNOWN_DEVIATION, 0)
        but = f"; {number_of(known, 'scenario')} with known deviations" if known else ""
        every = "all " if run > 1 else ""
        unjudged = [rule.id for rule in rules if rule.result in (*NOT_COUNTED, Result.BLOCKED)]
        but += f"; not judged: {', '.join(unjudged)}" if unjudged else ""
        return f"{every}{number_of(run, 'scenario')} of {number_of(len(rules) - len(unjudged), 'rule')}{but}"
    if outcome is Outcome.INCONCLUSIVE and (not_run := by_result.get(Result.NOT_RUN)):
        return f"{number_of(not_run, 'selected scenario')} {'was' if not_run == 1 else 'were'} not run"
    found = [failure for failure in failures if failure.outcome == outcome]
    in_scenarios = [failure for failure in found if failure.scenario]
    outside = [failure for failure in found if not failure.scenario]
    if outside and (outcome is not Outcome.CONTRACT_BROKEN or not in_scenarios):
        return outside[0].text.partition("\n")[0].removeprefix(f"{outcome}: ").removesuffix(":")
    if not in_scenarios:
        return ""
    broken = sorted({failure.rule for failure in in_scenarios if failure.rule}, key=contract_order)
    rules_broken = f", rule{'s' * (len(broken) > 1)} {', '.join(broken)}" if broken else ""
    blocked = [rule.id for rule in rules if rule.result is Result.BLOCKED]
    rules_broken += f"; not judged: {', '.join(blocked)}" if blocked else ""
    return f"{len(in_scenarios)} of {number_of(run, 'scenario')}{rules_broken}"
