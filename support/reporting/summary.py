"""The summary of a run: what the terminal shows at the end and machines read in `summary.json`. It holds no secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from support.errors import Evidence, Inconclusive
from support.redaction import redacted
from support.reporting.verdicts import (
    KEPT,
    KNOWN_DEVIATION,
    NOT_JUDGED,
    NOT_PLAYED,
    NOT_SELECTED,
    SKIPPED,
    WORST_FIRST,
    Failure,
    outcome_of,
    worst,
)
from support.rules import RULES

FILE = "summary.json"
SCHEMA = 2


@dataclass(frozen=True)
class Played:
    """One scenario: where it stands, the rule it shows, what became of it and how long it took.

    `accused` is the rule that was found broken, where one was.
    """

    feature: str
    file: str
    line: int
    rule: str
    name: str
    outcome: str
    seconds: float
    reason: str = ""
    accused: str = ""

    @property
    def stumbled(self) -> bool:
        """Whether it ended at another rule that is broken, before it could judge its own."""
        return bool(self.accused) and self.accused != self.rule


@dataclass(frozen=True)
class RuleResult:
    """One rule over all scenarios that show it, and those that found it broken on their way to another one."""

    id: str
    promise: str
    source: str
    outcome: str
    scenarios: int
    seconds: float


@dataclass(frozen=True)
class Users:
    """What the run made and took away again; `recovered` were left by earlier runs that had died."""

    created: int = 0
    deleted: int = 0
    gone: int = 0
    left: int = 0
    recovered: int = 0


@dataclass(frozen=True)
class Requests:
    """What went over the wire for the scenarios; `covered` counts what retries made good, by status or cause."""

    calls: int = 0
    sent: int = 0
    retried_calls: int = 0
    covered: Mapping[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest: str = ""


@dataclass(frozen=True)
class Summary:
    """A whole run. Counts are by outcome; `started` is RFC 3339; `crowds` tells of each burst and race in a line."""

    outcome: str
    why: str
    started: str
    seconds: float
    run: str = ""
    seed: int | None = None
    target: str = ""
    profile: str = ""
    selection: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, int] = field(default_factory=dict)
    rules_by_outcome: Mapping[str, int] = field(default_factory=dict)
    scenarios_by_outcome: Mapping[str, int] = field(default_factory=dict)
    users: Users = field(default_factory=Users)
    requests: Requests = field(default_factory=Requests)
    crowds: Sequence[str] = ()
    rules: Sequence[RuleResult] = ()
    failures: Sequence[Failure] = ()
    scenarios: Sequence[Played] = ()

    @property
    def identity(self) -> dict[str, Any]:
        """What the run is known by, and what took part in it."""
        names = ("run", "seed", "target", "profile", "selection")
        return {**{name: getattr(self, name) for name in names}, **self.versions}

    def write(self, folder: Path) -> Path:
        """Write the summary into a folder, whole or not at all; return where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        unfinished = path.with_suffix(".tmp")
        text = json.dumps(_shown({"schema": SCHEMA, **asdict(self)}), indent=2, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(path)
        return path


def _shown(value: Any) -> Any:
    """Return a JSON value whose texts can be shown; escaping the JSON itself would make other JSON of it."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(str(key)): _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list | tuple) else value


def read(path: Path) -> Summary:
    """Read a summary back; raises ValueError where the file is none."""
    try:
        content: dict[str, Any] = _shown(json.loads(path.read_text(encoding="utf-8")))
        if content.pop("schema") != SCHEMA:
            raise ValueError("it is of another version")
        return Summary(
            **content
            | {
                "users": Users(**content["users"]),
                "requests": Requests(**content["requests"]),
                "rules": [RuleResult(**rule) for rule in content["rules"]],
                "failures": [_failure(**failure) for failure in content["failures"]],
                "scenarios": [Played(**scenario) for scenario in content["scenarios"]],
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not the summary of a run: {error}") from None


def _failure(evidence: Mapping[str, Any] | None, **told: Any) -> Failure:
    if evidence is None:
        return Failure(**told)
    lists = {key: tuple(value) for key, value in evidence.items() if isinstance(value, list)}
    return Failure(**told, evidence=Evidence(**{**evidence, **lists}))


def of_nothing(outcome: str, why: str, started: datetime) -> Summary:
    """Return the summary of a run that did not get as far as a scenario."""
    return Summary(outcome, redacted(why), started.isoformat(timespec="seconds"), 0.0)


def merged(parts: Sequence[Summary], unplayed: Sequence[Played], started: datetime, seconds: float) -> Summary:
    """Return the summaries of several processes as that of one run."""
    failures = [failure for part in parts for failure in part.failures or _failure_to_start(part)]
    whole = replace(
        next(part for part in parts if part.scenarios),
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        run=_joined(part.run for part in parts),
        target=_joined(part.target for part in parts),
        users=Users(*(sum(numbers) for numbers in zip(*(astuple(part.users) for part in parts), strict=True))),
        requests=_sum_of_requests([part.requests for part in parts]),
        crowds=[line for part in parts for line in part.crowds],
    )
    return judged(
        whole, [*(each for part in parts for each in part.scenarios), *unplayed], list(dict.fromkeys(failures))
    )


def _failure_to_start(part: Summary) -> list[Failure]:
    return [] if part.scenarios else [Failure(part.outcome, "", "", "", "", "", part.why)]


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, texts)))


def with_faults(summary: Summary, faults: Iterable[BaseException]) -> Summary:
    """Return a summary that also holds what went wrong around the scenarios."""
    return judged(summary, summary.scenarios, [*summary.failures, *map(fault_of_run, faults)])


def fault_of_run(error: BaseException) -> Failure:
    """Return what went wrong around the scenarios, such as users that were left behind."""
    return Failure(outcome_of(error), "", "", "", "", "", redacted(str(error) or type(error).__name__))


def _sum_of_requests(counts: Sequence[Requests]) -> Requests:
    slowest = max(counts, key=lambda one: one.slowest_s)
    return Requests(
        sum(one.calls for one in counts),
        sum(one.sent for one in counts),
        sum(one.retried_calls for one in counts),
        dict(sum((Counter(one.covered) for one in counts), Counter[str]()).most_common()),
        slowest.slowest_s,
        slowest.slowest,
    )


def judged(summary: Summary, scenarios: Sequence[Played], failures: Sequence[Failure]) -> Summary:
    """Return a summary with what was played counted, and the outcome that follows from it."""
    chosen = [scenario for scenario in scenarios if scenario.outcome != NOT_SELECTED]
    counts = Counter(scenario.outcome for scenario in chosen)
    unplayed = counts[NOT_PLAYED]
    outcome = worst([*(failure.outcome for failure in failures), *([Inconclusive.outcome] if unplayed else [])])
    rules = _by_rule(chosen)
    return replace(
        summary,
        outcome=outcome,
        why=_why(outcome, counts, failures, rules),
        features=_by_feature(chosen),
        rules_by_outcome=dict(Counter(rule.outcome for rule in rules)),
        scenarios_by_outcome=dict(counts),
        rules=rules,
        failures=failures,
        scenarios=chosen,
    )


def _by_rule(scenarios: Iterable[Played]) -> list[RuleResult]:
    groups: dict[str, list[Played]] = {}
    for scenario in scenarios:
        own = replace(scenario, outcome=NOT_JUDGED) if scenario.stumbled else scenario
        groups.setdefault(scenario.rule, []).append(own)
        if scenario.stumbled:
            groups.setdefault(scenario.accused, []).append(scenario)
    results = []
    for rule_id in sorted(groups, key=_in_contract_order):
        told, rule = groups[rule_id], RULES.get(rule_id)
        showing = [scenario for scenario in told if scenario.rule == rule_id]
        promise, source = (rule.promise, rule.source) if rule else ("", "")
        seconds = round(sum(scenario.seconds for scenario in showing), 3)
        results.append(RuleResult(rule_id, promise, source, together(told), len(showing), seconds))
    return [result for result in results if result.id]


def _in_contract_order(rule_id: str) -> tuple[int, str]:
    return (list(RULES).index(rule_id) if rule_id in RULES else len(RULES), rule_id)


def _by_feature(scenarios: Iterable[Played]) -> dict[str, int]:
    groups: dict[str, list[Played]] = {}
    for scenario in scenarios:
        groups.setdefault(scenario.file, []).append(scenario)
    return dict(Counter(together(shown) for shown in groups.values()))


def together(scenarios: Sequence[Played]) -> str:
    """Return what several scenarios come to: the worst that happened, else kept where any was kept."""
    found = {scenario.outcome for scenario in scenarios}
    for outcome in (*WORST_FIRST, NOT_PLAYED, NOT_JUDGED, KNOWN_DEVIATION, KEPT):
        if outcome in found:
            return outcome
    return SKIPPED


def _why(outcome: str, counts: Mapping[str, int], failures: Sequence[Failure], rules: Sequence[RuleResult]) -> str:
    played = sum(number for name, number in counts.items() if name not in (SKIPPED, NOT_PLAYED))
    if outcome == KEPT:
        known = counts.get(KNOWN_DEVIATION, 0)
        but = f", but for {known} in which the target is known to deviate" if known else ""
        return f"all {played} scenarios of {len(rules)} rules{but}"
    here = [failure for failure in failures if failure.outcome == outcome]
    if outcome == Inconclusive.outcome and counts.get(NOT_PLAYED):
        return f"{counts[NOT_PLAYED]} selected scenarios were not played"
    scenarios = [failure for failure in here if failure.scenario]
    if not scenarios:
        return here[0].text.splitlines()[0] if here else ""
    named = sorted({failure.rule for failure in scenarios if failure.rule}, key=_in_contract_order)
    return f"{len(scenarios)} of {played} scenarios" + (f", rules {', '.join(named)}" if named else "")
