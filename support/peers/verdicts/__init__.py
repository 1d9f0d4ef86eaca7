"""Say, rule by rule, what each peer's recorded answers deserve.

The verdicts are judged by hand from the recordings and are independent of the suite, so that the two can be held
against each other. Each names the probes that show it; the tables of the README are written from them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent

Word = Literal["passed", "failed", "not offered"]


@dataclass(frozen=True)
class Verdict:
    """Hold what one rule deserves.

    `strict` is by the contract alone. `profiled` is with the peer's own words for fields, parameters, wrapped lists
    and a taken address (`Judged.profile`). `only` says which part of a rule fails, where the rest passes.
    """

    rule: str
    strict: Word
    profiled: Word
    says: str
    evidence: tuple[str, ...]
    only: str = ""


@dataclass(frozen=True)
class Finding:
    """Hold an actual fault, which users of the server would suffer from, with the probes that show it."""

    title: str
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """Hold all verdicts on a peer."""

    peer: str
    profile: Mapping[str, Any]
    verdicts: Mapping[str, Verdict]
    findings: tuple[Finding, ...]


def judged(name: str) -> Judged:
    """Read the verdicts on a peer, in the contract's order."""
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return Judged(
        peer=name,
        profile=content["profile"],
        verdicts={rule: _verdict(rule, each) for rule, each in content["rules"].items()},
        findings=tuple(
            Finding(each["title"], each["says"], tuple(each["evidence"])) for each in content.get("findings", ())
        ),
    )


def _verdict(rule: str, content: Mapping[str, Any]) -> Verdict:
    return Verdict(
        rule=rule,
        strict=content["strict"],
        profiled=content.get("profiled", content["strict"]),
        says=content["says"],
        evidence=tuple(content["evidence"]),
        only=content.get("only", ""),
    )
