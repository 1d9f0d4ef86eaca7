"""Say in what a fresh recording differs from the committed one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Track = Mapping[str, Any]


def differences(committed: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """Return one line for each probe that is new, gone or answered differently.

    Exchanges must be equal. What a crowd comes to differs from run to run, so each outcome of the fresh
    rounds must be one that the committed rounds had too.
    """
    return [
        line
        for chapter in committed["chapters"].keys() | fresh["chapters"].keys()
        for line in _of_chapter(committed["chapters"].get(chapter, []), fresh["chapters"].get(chapter, []), chapter)
    ]


def _of_chapter(committed: Sequence[Track], fresh: Sequence[Track], chapter: str) -> Iterator[str]:
    before = {track["probe"]: track for track in committed}
    after = {track["probe"]: track for track in fresh}
    for probe in before.keys() ^ after.keys():
        yield f"{chapter}: {probe!r} is only in the {'committed' if probe in before else 'fresh'} recording"
    for probe in before.keys() & after.keys():
        was, came = before[probe], after[probe]
        if "rounds" in was:
            yield from _of_crowd(was, came, f"{chapter}: {probe!r}")
        elif was != came:
            yield f"{chapter}: {probe!r} was {was} and now is {came}"


def _of_crowd(was: Track, came: Track, probe: str) -> Iterator[str]:
    known = [_outcome(each) for each in was["rounds"]]
    refusals = {status for each in was["rounds"] for status in each.get("statuses", {})}
    for each in came["rounds"]:
        if _outcome(each) not in known or not refusals.issuperset(each.get("statuses", {})):
            yield f"{probe} now also comes to {each}; recorded are {was['rounds']}"


def _outcome(of_round: Track) -> dict[str, Any]:
    """Leave out how often it came, and who of the losers got which refusal."""
    kept = {key: value for key, value in of_round.items() if key not in ("times", "statuses")}
    statuses: Mapping[str, int] = of_round.get("statuses", {})
    winners = sum(count for status, count in statuses.items() if status.startswith("2"))
    return {**kept, "winners": winners}
