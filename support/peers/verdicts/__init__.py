"""The verdicts on the answers of each peer, rule by rule.

On a recorded peer they were written by hand from the recording, independently of the suite, so that the two can be
compared; each names the interactions that show it. On the others they were written from a run of the suite: they say
what it says, and are no second opinion. The tables of the README are written from them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from support.peers.catalogue import RECIPES

FOLDER = Path(__file__).parent
ASSESSED = [name for name in RECIPES if (FOLDER / f"{name}.toml").exists()]

Word = Literal["passed", "failed", "not offered"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on one rule.

    `strict` is by the contract alone. `profiled` allows the peer's own names of fields and parameters, its wrapped list
    and its status for a taken email (`Assessment.profile`). `only` is the part of a rule that fails if the rest passes.
    """

    rule: str
    strict: Word
    profiled: Word
    says: str
    evidence: tuple[str, ...]
    only: str = ""


@dataclass(frozen=True)
class Finding:
    """A fault that users of the server would suffer from, with the interactions that show it."""

    title: str
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """All verdicts on a peer."""

    peer: str
    profile: Mapping[str, Any]
    verdicts: Mapping[str, Verdict]
    findings: tuple[Finding, ...]


def assessment(name: str) -> Assessment:
    """Read the verdicts on a peer, in the order of the contract."""
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return Assessment(
        peer=name,
        profile=content.get("profile", {}),
        verdicts={rule: _verdict(rule, each) for rule, each in content["rules"].items()},
        findings=tuple(
            Finding(each["title"], each["says"], tuple(each.get("evidence", ())))
            for each in content.get("findings", ())
        ),
    )


def _verdict(rule: str, content: Mapping[str, Any]) -> Verdict:
    return Verdict(
        rule=rule,
        strict=content["strict"],
        profiled=content.get("profiled", content["strict"]),
        says=content["says"],
        evidence=tuple(content.get("evidence", ())),
        only=content.get("only", ""),
    )
