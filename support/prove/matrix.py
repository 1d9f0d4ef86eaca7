"""The results of all checks, and the figures that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from support.prove.results import DefectResult, Detection, VariantResult, location_of
from support.reporting.summary import ScenarioResult
from support.rules import RULES


@dataclass(frozen=True)
class Matrix:
    """The results of defects, of correct variants and of repeated runs, and how long they took."""

    defects: Sequence[DefectResult] = ()
    variants: Sequence[VariantResult] = ()
    repeats: Sequence[VariantResult] = ()
    seconds: float = 0.0
    commit: str | None = None
    selection: str = "everything"
    complete: bool = True

    @property
    def good(self) -> bool:
        """Whether every defect was caught by its rule, and every correct API accepted."""
        accepted = all(each.accepted for each in (*self.variants, *self.repeats))
        return accepted and self.count(Detection.CAUGHT) == len(self.defects)

    def by_rule(self) -> dict[str, list[DefectResult]]:
        """Group the defects by their rule, in the contract's order; every rule is a key."""
        rules = dict.fromkeys([*RULES, *(each.defect.rule for each in self.defects)])
        return {rule: [each for each in self.defects if each.defect.rule == rule] for rule in rules}

    def count(self, detection: Detection) -> int:
        return sum(each.detection is detection for each in self.defects)

    def figures(self) -> list[str]:
        """Return one line each for the defects, the variants and the repeated runs."""
        lines = []
        if self.defects:
            lines.append(self._caught())
        if self.variants:
            accepted = sum(each.accepted for each in self.variants)
            lines.append(f"{accepted} of {len(self.variants)} correct variants accepted, {_left(self.variants)}")
        if self.repeats:
            accepted = sum(each.accepted for each in self.repeats)
            lines.append(f"{accepted} of {len(self.repeats)} repeated runs passed, {_left(self.repeats)}")
        return lines

    def _caught(self) -> str:
        own, other = self.count(Detection.CAUGHT), self.count(Detection.OTHER_RULE)
        how = f"{own} by their rule, {other} by another" if other else "all by their rule"
        return f"{own + other} of {len(self.defects)} defects caught, {how}"

    def noise(self) -> str:
        """Say how many other rules fail beside the broken one, if the whole contract ran."""
        counts = [len(each.noise) for each in self.defects if each.noise is not None]
        if not counts:
            return "the whole contract ran for no defect"
        quiet = sum(count == 0 for count in counts)
        return (
            f"the whole contract ran for {len(counts)} defects: with {quiet} of them no other rule fails, "
            f"{mean(counts):.1f} on average, {max(counts)} at most"
        )

    def unneeded(self) -> list[ScenarioResult]:
        """Return the scenarios that caught no defect; none unless all defects were checked."""
        if not (self.complete and self.defects):
            return []
        needed = {location_of(each.scenario) for result in self.defects for each in result.violations}
        runs = [*(each.whole for each in self.defects), *(each.run for each in self.variants)]
        seen = {location_of(scenario): scenario for run in runs if run for scenario in run.scenarios}
        unneeded = [scenario for location, scenario in seen.items() if location not in needed]
        return sorted(unneeded, key=lambda scenario: (scenario.file, scenario.line))


def _left(results: Sequence[VariantResult]) -> str:
    left = sum(len(each.leftovers.left) for each in results)
    harmed = sum(len(each.leftovers.missing) + len(each.leftovers.changed) for each in results)
    text = f"{left} users left behind" if left else "nothing left"
    return f"{text}, {harmed} existing users harmed" if harmed else text
