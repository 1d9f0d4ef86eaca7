"""What the races are for: a racy API is caught, however short its window, and a right one is never accused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.errors import ContractViolation
from support.scenario.session import Session
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, settings_for

WINDOWS_MS = ("5", "1", "0.2")
ROUNDS = 100

Deed = Callable[[Session], None]


def race_for_one_address(session: Session) -> None:
    session.races.for_one_address("one email")
    session.races.every_round_was_right()


def race_in_different_letter_case(session: Session) -> None:
    session.races.for_one_address("one email in different letter cases")
    session.races.every_round_was_right()


def race_of_moves(session: Session) -> None:
    session.races.move_to_one_address()
    session.races.every_round_was_right()


def race_of_join_and_leave(session: Session) -> None:
    session.races.join_against_leave()
    session.races.every_round_was_right()


def race_of_changes(session: Session) -> None:
    session.races.change_both_fields()
    session.races.every_round_was_right()


def burst(session: Session) -> None:
    session.bursts.sign_up_at_once(50)
    session.bursts.were_under_way_together()
    session.bursts.each_welcomed()
    session.bursts.each_shown()


@contextmanager
def world_on(folder: Path, *options: str, **changes: object) -> Iterator[Session]:
    """Open a world on an embedded API with these options."""
    api = EmbeddedApi(options)
    session = Session(settings_for(folder, **changes), api.target)
    try:
        yield session
    finally:
        session.close()
        api.close()


@pytest.mark.slow
@pytest.mark.parametrize("window_ms", WINDOWS_MS)
@pytest.mark.parametrize(
    ("defect", "rule", "deed"),
    [
        ("race-check-then-insert", "race-email", race_for_one_address),
        ("lost-update-read-modify-write", "lost-update", race_of_changes),
        ("burst-ids-read-then-written", "burst", burst),
    ],
)
def test_a_racy_api_is_caught(tmp_path: Path, defect: str, rule: str, deed: Deed, window_ms: str) -> None:
    """A round that hits ends it; so many more are allowed that missing it by chance does not happen in a lifetime."""
    chances = {"race_miss_probability": 1e-9, "race_rounds": 200}
    with world_on(tmp_path, "--defect", defect, "--window", window_ms, **chances) as session:
        session.begin(rule)
        with pytest.raises(ContractViolation) as caught:
            again_and_again(deed, session)
    assert caught.value.rule == rule


def again_and_again(deed: Deed, session: Session) -> None:
    for _ in range(20):
        deed(session)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "rule"),
    [
        (race_for_one_address, "race-email"),
        (race_in_different_letter_case, "race-email"),
        (race_of_moves, "race-email"),
        (race_of_join_and_leave, "race-email"),
        (race_of_changes, "lost-update"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_right_one_is_never_accused(tmp_path: Path, deed: Deed, rule: str) -> None:
    """Five hundred rounds in all, and nothing is left after them."""
    with world_on(tmp_path, race_miss_probability=1e-300, race_rounds=ROUNDS) as session:
        session.begin(rule)
        deed(session)
        assert f"race: {ROUNDS} rounds" in session.crowd_notes[-1]
        session.registry.prove_nothing_is_left(60)


@pytest.mark.slow
def test_a_right_burst_is_never_accused(embedded: Target, new_session: NewSession) -> None:
    session = new_session(embedded)
    for _ in range(5):
        session.begin("burst")
        burst(session)
    session.registry.prove_nothing_is_left(60)


def test_a_race_of_threads_is_judged_the_same_way(embedded: Target, new_session: NewSession) -> None:
    session = new_session(embedded)
    session.begin("race-email")
    session.races.in_threads()
    race_for_one_address(session)
    session.registry.prove_nothing_is_left(60)


def test_an_accusation_shows_the_contenders_on_a_time_axis(tmp_path: Path) -> None:
    with world_on(tmp_path, "--defect", "race-check-then-insert", "--window", "5") as session:
        session.begin("race-email")
        session.scenario.attempted = "many sign up at once with one address"
        with pytest.raises(ContractViolation) as caught:
            race_for_one_address(session)
    text = str(caught.value)
    assert "contract broken: race-email" in text
    assert "of 10 won: " in text
    assert text.count("|") >= 20
    assert "repeat:    curl" in text
