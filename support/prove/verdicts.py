"""What a play says of the suite: whether a defect was caught, and by which rule; whether a correct API was accepted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from support.prove.candidates import Defect, Variant
from support.prove.plays import Play, Record
from support.prove.residue import Residue


class Fate(Enum):
    """How it went with a defect."""

    CAUGHT = "caught by its rule"
    LUCK = "caught by luck"
    ERRORS = "errors only"
    LATE = "not in time"
    MISSED = "missed"


@dataclass(frozen=True)
class Trial:
    """A defect, with what its own rule's scenarios made of it, and the whole contract where that was played."""

    defect: Defect
    own: Play
    whole: Play | None = None

    @property
    def fate(self) -> Fate:
        """Caught is what a scenario of the rule says is a breach of the rule; a preparation that fails is luck."""
        if self.catchers:
            return Fate.CAUGHT
        plays = [play for play in (self.own, self.whole) if play is not None]
        if any(play.accusing for play in plays):
            return Fate.LUCK
        if any(play.exit_code is None for play in plays):
            return Fate.LATE
        return Fate.MISSED if all(play.green for play in plays) else Fate.ERRORS

    @property
    def catchers(self) -> list[Record]:
        """The scenarios of the defect's own rule that say that this rule is broken."""
        return [record for record in self.own.accusing if record.rule == record.accused == self.defect.rule]

    @property
    def by_silence_alone(self) -> bool:
        """Whether nothing speaks but answers that did not come."""
        return bool(self.catchers) and all(record.silent for record in self.catchers)

    @property
    def accusing(self) -> list[Record]:
        """The scenarios that accuse the API, of anything, each once."""
        plays = (self.own, self.whole) if self.whole else (self.own,)
        return list({record.location: record for play in plays for record in play.accusing}.values())

    @property
    def stumbled(self) -> list[Record]:
        """The scenarios that ended in an error instead of a verdict, each once."""
        plays = (self.own, self.whole) if self.whole else (self.own,)
        return list({record.location: record for play in plays for record in play.red if not record.accused}.values())

    @property
    def noise(self) -> list[str] | None:
        """The other rules that turned red in the whole contract; None where it was not played."""
        if self.whole is None:
            return None
        return sorted({record.rule for record in self.whole.red} - {self.defect.rule})

    @property
    def seconds(self) -> float:
        return self.own.seconds + (self.whole.seconds if self.whole else 0.0)


@dataclass(frozen=True)
class Hearing:
    """A correct API, with what the whole contract made of it, and what it left there."""

    variant: Variant
    play: Play
    residue: Residue
    trouble: str = ""

    @property
    def accepted(self) -> bool:
        return self.play.green and self.residue.nothing and not self.trouble

    @property
    def accusations(self) -> list[Record]:
        """The scenarios that did not pass."""
        return self.play.red
