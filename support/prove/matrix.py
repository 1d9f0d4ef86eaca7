"""Everything that was tried, and the figures that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from support.prove.plays import Play, Record
from support.prove.verdicts import Fate, Hearing, Trial
from support.rules import RULES


@dataclass(frozen=True)
class Matrix:
    """The trials of defects, the hearings of correct variants, the repeated runs, and how long it all took."""

    trials: Sequence[Trial] = ()
    hearings: Sequence[Hearing] = ()
    repeats: Sequence[Hearing] = ()
    seconds: float = 0.0
    commit: str | None = None
    selection: str = "everything"
    complete: bool = True

    @property
    def good(self) -> bool:
        """Whether every defect was caught by its rule, and every correct API accepted."""
        heard = [*self.hearings, *self.repeats]
        return all(trial.fate is Fate.CAUGHT for trial in self.trials) and all(one.accepted for one in heard)

    def by_rule(self) -> dict[str, list[Trial]]:
        """Group the trials by the rule that should catch them, in the contract's order; every rule is there."""
        rules = dict.fromkeys([*RULES, *(trial.defect.rule for trial in self.trials)])
        return {rule: [trial for trial in self.trials if trial.defect.rule == rule] for rule in rules}

    def count(self, fate: Fate) -> int:
        """Count the trials that went like this."""
        return sum(trial.fate is fate for trial in self.trials)

    def figures(self) -> list[str]:
        """The figures that stand at the end, one line each for what was tried."""
        lines = []
        if self.trials:
            lines.append(self._caught())
        if self.hearings:
            accepted = sum(one.accepted for one in self.hearings)
            left = _left(self.hearings)
            lines.append(f"{accepted} of {len(self.hearings)} correct variants accepted, {left}")
        if self.repeats:
            accepted = sum(one.accepted for one in self.repeats)
            lines.append(f"{accepted} of {len(self.repeats)} repeated runs green, {_left(self.repeats)}")
        return lines

    def _caught(self) -> str:
        by_rule, by_luck = self.count(Fate.CAUGHT), self.count(Fate.LUCK)
        how = f"{by_rule} by their rule, {by_luck} by luck" if by_luck else "all by their rule"
        return f"{by_rule + by_luck} of {len(self.trials)} defects caught, {how}"

    def noise(self) -> str:
        """Say how many other rules turn red beside the one that is broken, where the whole contract was played."""
        counts = [len(trial.noise) for trial in self.trials if trial.noise is not None]
        if not counts:
            return "no defect was played with the whole contract"
        quiet = sum(count == 0 for count in counts)
        return (
            f"{len(counts)} defects played with the whole contract: {quiet} turn no other rule red, "
            f"{mean(counts):.1f} on average, {max(counts)} at most"
        )

    def unneeded(self) -> list[Record]:
        """The scenarios that accused no defect; empty where not all defects were tried."""
        if not (self.complete and self.trials):
            return []
        needed = {record.location for trial in self.trials for record in trial.accusing}
        plays: list[Play | None] = [*(trial.whole for trial in self.trials), *(one.play for one in self.hearings)]
        seen = {record.location: record for play in plays if play for record in play.records}
        return [record for place, record in sorted(seen.items(), key=_place) if place not in needed]


def _left(hearings: Sequence[Hearing]) -> str:
    left = sum(len(one.residue.left) for one in hearings)
    harmed = sum(len(one.residue.missing) + len(one.residue.changed) for one in hearings)
    told = f"{left} users left behind" if left else "nothing left"
    return f"{told}, {harmed} bystanders harmed" if harmed else told


def _place(item: tuple[str, Record]) -> tuple[str, int]:
    file, _, line = item[0].rpartition(":")
    return file, int(line)
