"""What a load came to: which rules it has shown to be broken, and whether it proves anything."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from support.errors import ContractViolation, Outcome, SuiteError, number_of
from support.profile import Profile
from support.reporting.results import worst_outcome

log = logging.getLogger("acceptance.load")
FILE = "load.json"
FAULT = 2
LEFT_OR_BROKEN = (Outcome.CONTRACT_BROKEN, Outcome.LEFT_BEHIND)


class RulesBroken:
    """How often each rule was broken; the first time of each is logged with all its evidence."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged: set[str] = set()

    def note(self, violation: ContractViolation) -> None:
        """Count a violation."""
        self.counts[violation.rule] += 1
        if violation.rule not in self._logged:
            self._logged.add(violation.rule)
            log.error("%s", violation)

    def taken(self) -> dict[str, int]:
        """Return the counts since the last call, and begin again from zero."""
        counts, self.counts = dict(self.counts), Counter()
        return counts


@dataclass(frozen=True)
class Verdict:
    """The requests of a load, those that failed, how often each rule was broken, and what that comes to.

    `known` are the rules that the profile lists as broken in all scenarios; `faults` say what else went wrong.
    """

    requests: int
    failures: int
    broken: Mapping[str, int]
    known: Sequence[str] = ()
    faults: Sequence[str] = ()
    outcome: Outcome = Outcome.PASSED

    @classmethod
    def of(cls, requests: int, failures: int, broken: Mapping[str, int], known: Sequence[str], errors: int) -> Verdict:
        """Return the verdict on what was counted; `errors` counts the mistakes of the load itself."""
        verdict = cls(requests, failures, dict(sorted(broken.items())), known)
        if set(broken) - set(known):
            verdict = replace(verdict, outcome=Outcome.CONTRACT_BROKEN)
        if errors:
            failed = f"{number_of(errors, 'task')} failed by an error of the load"
            verdict = verdict.with_fault(Outcome.CONFIGURATION_ERROR, failed)
        if not requests:
            return verdict.with_fault(Outcome.INCONCLUSIVE, "no request was sent")
        if requests == failures and not broken:
            return verdict.with_fault(Outcome.TARGET_DOWN, "no request was answered as it should be")
        return verdict

    def with_fault(self, outcome: Outcome, fault: str) -> Verdict:
        """Return the verdict with another thing that went wrong."""
        return replace(self, outcome=worst_outcome([self.outcome, outcome]), faults=(*self.faults, fault))

    def with_error(self, error: SuiteError) -> Verdict:
        """Return the verdict with what an error says."""
        return self.with_fault(error.outcome, str(error))

    @property
    def exit_code(self) -> int:
        """0 if all is well, 1 if a rule was broken or a user is left behind, 2 if the load could not tell."""
        return 0 if self.outcome is Outcome.PASSED else 1 if self.outcome in LEFT_OR_BROKEN else FAULT

    def __str__(self) -> str:
        counted = f"{number_of(self.requests, 'request')}, {self.failures} failed" if self.requests else ""
        parts = [
            counted,
            self._listed("broken", known=False),
            self._listed("known to be broken", known=True),
            *self.faults,
        ]
        return f"{self.outcome}: {'; '.join(filter(None, parts)) or 'no user is left'}"

    def _listed(self, title: str, known: bool) -> str:
        rules = {rule: count for rule, count in self.broken.items() if (rule in self.known) is known}
        counted = [f"{rule} ({number_of(count, 'time')})" for rule, count in rules.items()]
        return f"{title}: {', '.join(counted)}" if counted else ""

    def write(self, folder: Path) -> None:
        """Write the verdict into a folder of reports."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def read_verdict(folder: Path) -> Verdict:
    """Return the verdict that was written into a folder; if there is none, an inconclusive one."""
    try:
        fields = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Verdict(0, 0, {}).with_fault(Outcome.INCONCLUSIVE, "the load ended before its statistics were written")
    return Verdict(**{**fields, "outcome": Outcome(fields["outcome"])})


def known_rules(profile: Profile, strict: bool) -> list[str]:
    """Return the rules with a known deviation in all scenarios, whatever they show; none if `strict`."""
    deviations = () if strict else profile.deviations
    return sorted({one.rule for one in deviations if not one.scenarios and not one.shows})
