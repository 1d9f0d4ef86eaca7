"""A create that was under way when the run ended may be carried out afterwards; nobody stays because of it."""

from __future__ import annotations

import signal
from pathlib import Path

from support.tests.interruption.stage import Api, Ended, Place, an_api, difference, poll_until

SLOW_S = 1.0
VERY_SLOW_S = 10.0


def interrupted_in_a_create(place: Place, api: Api, slow_from: int, seconds: float) -> Ended:
    """Interrupt a run in a create that takes so long, as do all from the so many-eth on.

    Every POST of the feature is to be accepted, so that the one under way makes somebody.
    """
    asked = api.asked("POST")
    run = place.start("--tags=@contract", "features/users/updating.feature", api=api)
    assert run.wait_for(lambda: api.asked("POST") - asked >= slow_from)
    api.misbehave({"kind": "slow", "seconds": seconds, "methods": ["POST"]})
    done = api.asked("POST")
    assert run.wait_for(lambda: api.asked("POST") - done >= 2 - bool(slow_from) and api.under_way("POST") > 0)
    run.send(signal.SIGTERM)
    ended = run.ended()
    assert ended.code != 0
    return ended


def test_on_a_slow_api_it_is_waited_for(tmp_path: Path) -> None:
    with an_api() as api:
        ended = interrupted_in_a_create(Place(tmp_path), api, slow_from=0, seconds=SLOW_S)
        poll_until(lambda: not api.under_way("POST"))
        assert api.everybody() == api.before, difference(api.before, api.everybody()) + ended.said


def test_where_it_shows_after_the_end_the_next_run_deletes_whoever_it_made(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with an_api() as api:
        interrupted_in_a_create(place, api, slow_from=1, seconds=VERY_SLOW_S)
        poll_until(lambda: api.everybody() != api.before)
        api.misbehave()
        next_run = place.run("--tags=@contract", "features/users/lifecycle.feature", api=api)
        assert next_run.code == 0, next_run.said
        assert "finished what an earlier run" in next_run.err
        assert api.everybody() == api.before, difference(api.before, api.everybody())
