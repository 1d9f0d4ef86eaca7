"""Check the suite on one API: a broken one, or an unusual one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import cycle, islice

from support.errors import TargetDown
from support.prove.candidates import PLAIN, Defect, Variant, offered_variants
from support.prove.leftovers import Leftovers, leftovers_at_last, list_users
from support.prove.results import DefectResult, Detection, VariantResult
from support.prove.runner import CONTRACT, Runner
from support.settings import ROOT
from support.target.embedded import EmbeddedApi, Target

EXISTING_USERS = 5
SHORT_DEADLINES = {
    "DELETE_DEADLINE_S": "2",
    "CLEANUP_DEADLINE_S": "5",
    "REQUEST_TIMEOUT_S": "4",
    "RETRY_ATTEMPTS": "3",
    "RETRY_DEADLINE_S": "8",
}
"""Deadlines for broken APIs, just long enough to see that an API is broken."""
OWN_LIMIT_S = 180.0
NOISE = (PLAIN, "some-503-before", PLAIN, "some-503-after", PLAIN, "some-drops", PLAIN, "some-drops-after")


@contextmanager
def api(*options: str) -> Iterator[Target]:
    """Keep an API up in a process of its own, with users that are not the suite's."""
    running = EmbeddedApi(["--seed-users", str(EXISTING_USERS), *options])
    try:
        yield running.target
    finally:
        running.close()


def check_defect(runner: Runner, defect: Defect, in_full: bool) -> DefectResult:
    """Run the scenarios of the defect's rule; if they miss the defect, or if `in_full`, the whole contract too."""
    with api(*defect.options) as target:
        tag = f"@rule.{defect.rule}"
        own = runner.run(
            target.base_url,
            target.token,
            SHORT_DEADLINES,
            f"{CONTRACT} and {tag}",
            features_with(tag),
            OWN_LIMIT_S,
        )
    result = DefectResult(defect, own)
    if result.detection is Detection.CAUGHT and not in_full:
        return result
    with api(*defect.options) as target:
        return DefectResult(defect, own, runner.run(target.base_url, target.token, SHORT_DEADLINES))


@cache
def features_with(tag: str) -> list[str]:
    """Return the feature files that contain a tag: behave need not read the others."""
    files = sorted((ROOT / "features").rglob("*.feature"))
    return [file.relative_to(ROOT).as_posix() for file in files if tag in file.read_text(encoding="utf-8").split()]


def check_variant(runner: Runner, variant: Variant, tags: str = CONTRACT) -> VariantResult:
    """Run the contract, and compare the users before and after it."""
    with api(*variant.options) as target:
        before = list_users(target)
        run = runner.run(target.base_url, target.token, tags=tags)
        try:
            return VariantResult(variant, run, leftovers_at_last(target, before))
        except TargetDown as error:
            return VariantResult(variant, run, Leftovers(), str(error))


def repeated(runner: Runner, times: int) -> list[Callable[[], VariantResult]]:
    """Return this many checks of correct APIs, every second one with noise on the line."""
    known = {variant.name: variant for variant in offered_variants()}
    return [partial(check_variant, runner, known[name]) for name in islice(cycle(NOISE), times)]
