"""There are never more users at once than the target or the settings allow, including existing ones."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.errors import SettingsError
from support.profile import Caps, Profile
from support.target.embedded import Target
from support.target.opening import room_for_users
from support.tests.cleanup.test_journal import release_lease
from support.tests.conftest import NewSession, settings_for
from support.tests.sandbox.conftest import Running
from support.tests.target.conftest import Command, NewTarget, Play

CONCURRENT = (
    *("features/concurrency/burst.feature", "features/concurrency/burst_workflow.feature"),
    "features/users/deleting.feature",
)
OFTEN_S = 0.01


@contextmanager
def watched(target: Running) -> Iterator[list[int]]:
    """Keep counting the users of a target."""
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(OFTEN_S):
            seen.append(len(target.client.get(target.url).json()))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def test_a_target_with_a_cap_is_never_filled(play: Play, new_target: NewTarget) -> None:
    target = new_target("--personality", "mockapi")
    others = [target.create() for _ in range(50)]
    with watched(target) as seen:
        ended = play(target, "mockapi", *CONCURRENT, token="none", burst="500")
    assert ended.code == 0, ended.said
    assert 60 < max(seen) <= 90
    assert target.client.get(target.url).json() == others


def test_the_most_users_alive_is_a_setting(play: Play, new_target: NewTarget) -> None:
    target = new_target()
    with watched(target) as seen:
        ended = play(target, "contract", *CONCURRENT, max_users_alive="12")
    assert ended.code == 0, ended.said
    assert 8 < max(seen) <= 12


def test_a_scenario_that_needs_more_users_names_the_setting_to_raise(play: Play, new_target: NewTarget) -> None:
    ended = play(new_target(), "contract", "features/users/deleting.feature", max_users_alive="3")
    assert ended.code != 0
    assert "MAX_USERS_ALIVE or the profile's caps.users: there is no room for 1 more user: 3 are alive" in ended.said


def test_a_full_target_is_reported_at_once(play: Play, new_target: NewTarget) -> None:
    target = new_target("--personality", "mockapi")
    for _ in range(90):
        target.create()
    ended = play(target, "mockapi", token="none")
    assert ended.code == 2
    assert "the target holds at most 90 users, and 90 already exist" in ended.err


@pytest.fixture
def filled(new_target: NewTarget, new_session: NewSession) -> Target:
    """A full target: a run that died left fifteen users there."""
    running = new_target("--personality", "mockapi")
    for _ in range(75):
        running.create()
    target = Target(running.url, None, running.url)
    dead = new_session(target, target="mockapi")
    for _ in range(15):
        user = dead.factory.new_user()
        dead.http.run(dead.registry.create(dead.api.create_call(user.as_json()), user.email, user.name))
    release_lease(dead.journal)
    return target


def test_shards_on_several_machines_share_the_most_users_alive(embedded: Target, new_session: NewSession) -> None:
    assert new_session(embedded, max_users_alive=50, shard="2/4").registry.room == 12
    assert new_session(embedded, max_users_alive=3, shard="2/4").registry.room == 1


def test_the_next_run_has_room_for_as_many_users_as_a_dead_run_left(filled: Target, new_session: NewSession) -> None:
    living = new_session(filled, target="mockapi")
    assert (living.recovered, living.registry.room) == (15, 15)


def test_a_full_target_can_be_cleaned_up(filled: Target, command: Command) -> None:
    ended = command("support.cleanup", "--yes", base_url=filled.base_url, token="none", target="mockapi")
    assert ended.code == 0, ended.said
    assert "15 deletions confirmed" in ended.out


def test_existing_users_take_room(tmp_path_factory: pytest.TempPathFactory) -> None:
    from support.models import Answer, Attempt, Call, Credential, Exchange

    folder = tmp_path_factory.mktemp("room")
    body = b'[{"id": "1"}, {"id": "2"}]'
    shown = Exchange(Call("GET", "http://127.0.0.1/users", Credential(None)), (Attempt(Answer(200, {}, body, 0.0)),))
    settings = settings_for(folder, max_users_alive=50)
    assert room_for_users(shown, Profile(), settings) == 50
    assert room_for_users(shown, Profile(caps=Caps(users=10)), settings) == 8
    assert room_for_users(shown, Profile(caps=Caps(users=90)), settings) == 50
    halves = settings.model_copy(update={"processes": 2})
    assert room_for_users(shown, Profile(caps=Caps(users=10)), halves) == 4
    with pytest.raises(SettingsError, match="2 already exist"):
        room_for_users(shown, Profile(caps=Caps(users=2)), settings)
