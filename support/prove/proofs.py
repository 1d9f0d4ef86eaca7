"""Try the suite on one API: a broken one, or an unusual one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import cycle, islice

from support.errors import TargetDown
from support.prove.candidates import PLAIN, Defect, Variant, offered_variants
from support.prove.playing import CONTRACT, Stage
from support.prove.residue import Residue, everybody, residue_in_the_end
from support.prove.verdicts import Fate, Hearing, Trial
from support.settings import ROOT
from support.target.embedded import EmbeddedApi, Target

BYSTANDERS = 5
HASTE = {
    "delete_deadline_s": "2",
    "cleanup_deadline_s": "5",
    "request_timeout_s": "4",
    "retry_attempts": "3",
    "retry_deadline_s": "8",
}  # a broken API keeps nobody waiting longer than it takes to see that it is broken
OWN_LIMIT_S = 180.0
MOODS = (PLAIN, "some-503-before", PLAIN, "some-503-after", PLAIN, "some-drops", PLAIN, "some-drops-after")


@contextmanager
def api(*options: str) -> Iterator[Target]:
    """Keep an API up as a process of its own, with other people's users in it."""
    running = EmbeddedApi(["--seed-users", str(BYSTANDERS), *options])
    try:
        yield running.target
    finally:
        running.close()


def try_defect(stage: Stage, defect: Defect, in_full: bool) -> Trial:
    """Play the scenarios of the defect's rule; the whole contract too where they miss it, or where that is asked."""
    with api(*defect.options) as target:
        tag = f"@rule.{defect.rule}"
        own = stage.play(target, f"{CONTRACT} and {tag}", HASTE, OWN_LIMIT_S, features_with(tag))
    trial = Trial(defect, own)
    if trial.fate is Fate.CAUGHT and not in_full:
        return trial
    with api(*defect.options) as target:
        return Trial(defect, own, stage.play(target, CONTRACT, HASTE))


@cache
def features_with(tag: str) -> list[str]:
    """Return the feature files in which a tag stands: no other needs to be read for a part of the contract."""
    files = sorted((ROOT / "features").rglob("*.feature"))
    return [file.relative_to(ROOT).as_posix() for file in files if tag in file.read_text(encoding="utf-8").split()]


def hear_variant(stage: Stage, variant: Variant, tags: str = CONTRACT) -> Hearing:
    """Play the contract, and look whether everything is afterwards as it was before."""
    with api(*variant.options) as target:
        before = everybody(target)
        play = stage.play(target, tags)
        try:
            return Hearing(variant, play, residue_in_the_end(target, before))
        except TargetDown as trouble:
            return Hearing(variant, play, Residue(), str(trouble))


def repeated(stage: Stage, times: int) -> list[Callable[[], Hearing]]:
    """Return so many hearings of correct APIs, every second one with noise on the line."""
    known = {variant.name: variant for variant in offered_variants()}
    return [partial(hear_variant, stage, known[mood]) for mood in islice(cycle(MOODS), times)]
