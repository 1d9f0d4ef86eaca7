"""A create that was in progress when the run ended may be carried out afterwards; its user is deleted all the same."""

from __future__ import annotations

import signal
from pathlib import Path

from support.tests.interruption.target_process import Api, Ended, Place, an_api, difference, poll_until

SLOW_S = 1.0
VERY_SLOW_S = 10.0


def interrupted_in_a_create(place: Place, api: Api, slow_from: int, seconds: float) -> Ended:
    """Interrupt a run during a create that takes so many seconds, as do all after the first `slow_from`.

    Every POST of the feature is valid, so that the one in progress creates a user.
    """
    asked = api.asked("POST")
    run = place.start("--tags=@contract", "features/users/updating.feature", api=api)
    assert run.wait_for(lambda: api.asked("POST") - asked >= slow_from)
    api.inject({"kind": "slow", "seconds": seconds, "methods": ["POST"]})
    done = api.asked("POST")
    assert run.wait_for(lambda: api.asked("POST") - done >= 2 - bool(slow_from) and api.in_progress("POST") > 0)
    run.send(signal.SIGTERM)
    ended = run.ended()
    assert ended.code != 0
    return ended


def test_the_run_waits_for_it_on_a_slow_api(tmp_path: Path) -> None:
    with an_api() as api:
        ended = interrupted_in_a_create(Place(tmp_path), api, slow_from=0, seconds=SLOW_S)
        poll_until(lambda: not api.in_progress("POST"))
        assert api.users() == api.before, difference(api.before, api.users()) + ended.said


def test_the_next_run_deletes_a_user_who_was_created_after_the_end(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with an_api() as api:
        interrupted_in_a_create(place, api, slow_from=1, seconds=VERY_SLOW_S)
        poll_until(lambda: api.users() != api.before)
        api.inject()
        next_run = place.run("--tags=@contract", "features/users/lifecycle.feature", api=api)
        assert next_run.code == 0, next_run.said
        assert "finished what was left by the earlier run" in next_run.err
        assert api.users() == api.before, difference(api.before, api.users())
