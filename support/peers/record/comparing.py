"""Compare a fresh recording with the committed one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Interaction = Mapping[str, Any]


def differences(committed: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """Return one line for each interaction that is new, missing or answered differently.

    The outcome of a burst differs from run to run, so each fresh outcome has to be among the committed ones.
    """
    return [
        line
        for suite in committed["suites"].keys() | fresh["suites"].keys()
        for line in _in_suite(committed["suites"].get(suite, []), fresh["suites"].get(suite, []), suite)
    ]


def _in_suite(committed: Sequence[Interaction], fresh: Sequence[Interaction], suite: str) -> Iterator[str]:
    before = {interaction["name"]: interaction for interaction in committed}
    after = {interaction["name"]: interaction for interaction in fresh}
    for name in before.keys() ^ after.keys():
        yield f"{suite}: {name!r} is only in the {'committed' if name in before else 'fresh'} recording"
    for name in before.keys() & after.keys():
        if "rounds" in before[name]:
            yield from _in_burst(before[name], after[name], f"{suite}: {name!r}")
        elif before[name] != after[name]:
            yield f"{suite}: {name!r} was {before[name]} and is now {after[name]}"


def _in_burst(before: Interaction, after: Interaction, name: str) -> Iterator[str]:
    known = [_outcome(each) for each in before["rounds"]]
    statuses = {status for each in before["rounds"] for status in each.get("statuses", {})}
    for each in after["rounds"]:
        if _outcome(each) not in known or not statuses.issuperset(each.get("statuses", {})):
            yield f"{name} now also has the outcome {each}; recorded are {before['rounds']}"


def _outcome(one_round: Interaction) -> dict[str, Any]:
    """Return the outcome without its number of rounds and without the statuses of the losers."""
    others = {key: value for key, value in one_round.items() if key not in ("times", "statuses")}
    statuses: Mapping[str, int] = one_round.get("statuses", {})
    return {**others, "winners": sum(count for status, count in statuses.items() if status.startswith("2"))}
