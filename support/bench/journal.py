"""What the journal costs a create: the same creates with and without it, in turns, on the embedded API."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from support.cleanup.journal import State
from support.settings import load
from support.world import World

CREATES = 400


def main() -> None:
    """Print the microseconds of a create with its journal, of the journal alone, and its share."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(load({"state_dir": str(Path(folder))}))
        try:
            world.begin("create-201")
            creating = [
                _seconds(lambda: world.accounts.sign_up_as("Ada", world.factory.newcomer())) for _ in range(CREATES)
            ]
            writing = [_seconds(lambda: _write(world)) for _ in range(CREATES)]
        finally:
            world.registry.confirm_gone()
            world.close()
    create_us, journal_us = statistics.median(creating) * 1e6, statistics.median(writing) * 1e6
    print(f"{'a create on the embedded API, journal included':<50} {create_us:8.0f} us  (median of {CREATES})")
    print(f"{'its two lines in the journal':<50} {journal_us:8.0f} us")
    print(f"{'share of the create':<50} {journal_us / create_us:8.1%}")


def _write(world: World) -> None:
    ref = world.journal.intend(world.mark, [world.factory.mark])[0]
    world.journal.mark_as(ref, State.GONE, "id")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
