"""A racy API is caught, however short its window, and a correct one never fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.errors import ContractViolation
from support.scenario import bursts, email_races, races
from support.scenario.context import ScenarioContext
from support.scenario.session import Session
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, settings_for

WINDOWS_MS = ("5", "1", "0.2")
ROUNDS = 100

Play = Callable[[ScenarioContext], None]


def race_of_sign_ups(scenario: ScenarioContext) -> None:
    email_races.sign_up_with_one_email(scenario, "one email")
    races.check_rounds(scenario)


def race_of_sign_ups_in_different_letter_cases(scenario: ScenarioContext) -> None:
    email_races.sign_up_with_one_email(scenario, "one email in different letter cases")
    races.check_rounds(scenario)


def race_of_changes_to_one_email(scenario: ScenarioContext) -> None:
    email_races.change_to_one_email(scenario, "PATCH")
    races.check_rounds(scenario)


def race_of_sign_ups_and_changes(scenario: ScenarioContext) -> None:
    email_races.change_to_one_email(scenario, "PATCH", changing=2, signing_up=2)
    races.check_rounds(scenario)


def race_of_sign_up_and_deletion(scenario: ScenarioContext) -> None:
    email_races.sign_up_during_deletion(scenario)
    races.check_rounds(scenario)


def race_of_two_changes(scenario: ScenarioContext) -> None:
    races.change_both_fields(scenario)
    races.check_rounds(scenario)


def burst(scenario: ScenarioContext) -> None:
    bursts.sign_up(scenario, 50)
    bursts.check_in_flight(scenario)
    bursts.check_each_created(scenario)
    bursts.check_each_shown(scenario)


@contextmanager
def session_on(folder: Path, *options: str, **changes: object) -> Iterator[Session]:
    """Open a session on an embedded API with these options."""
    api = EmbeddedApi(options)
    session = Session(settings_for(folder, **changes), api.target)
    try:
        yield session
    finally:
        session.close()
        api.close()


@pytest.mark.sampled
@pytest.mark.parametrize("window_ms", WINDOWS_MS)
@pytest.mark.parametrize(
    ("defect", "rule", "play"),
    [
        ("race-check-then-insert", "race-email", race_of_sign_ups),
        ("lost-update-read-modify-write", "lost-update", race_of_two_changes),
        ("burst-ids-read-then-written", "burst", burst),
    ],
)
def test_a_racy_api_is_caught(tmp_path: Path, defect: str, rule: str, play: Play, window_ms: str) -> None:
    """A round that hits ends it; so many more are allowed that missing it by chance does not happen in a lifetime."""
    chances = {"race_miss_probability": 1e-9, "race_rounds": 200}
    with session_on(tmp_path, "--defect", defect, "--window", window_ms, **chances) as session:
        session.begin(rule)
        with pytest.raises(ContractViolation) as caught:
            repeatedly(play, session)
    assert caught.value.rule == rule


def repeatedly(play: Play, session: Session) -> None:
    for _ in range(20):
        play(session.scenario)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("play", "rule"),
    [
        (race_of_sign_ups, "race-email"),
        (race_of_sign_ups_in_different_letter_cases, "race-email"),
        (race_of_changes_to_one_email, "race-email"),
        (race_of_sign_ups_and_changes, "race-email"),
        (race_of_sign_up_and_deletion, "race-email"),
        (race_of_two_changes, "lost-update"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_correct_api_never_fails(tmp_path: Path, play: Play, rule: str) -> None:
    """Hundreds of rounds in all, and no user is left after them."""
    with session_on(tmp_path, race_miss_probability=1e-300, race_rounds=ROUNDS) as session:
        session.begin(rule)
        play(session.scenario)
        assert f"race: {ROUNDS} rounds" in session.concurrency_notes[-1]
        session.registry.prove_nothing_is_left(60)


def test_a_correct_burst_never_fails(embedded: Target, new_session: NewSession) -> None:
    session = new_session(embedded)
    for _ in range(5):
        session.begin("burst")
        burst(session.scenario)
    session.registry.prove_nothing_is_left(60)


def test_a_race_of_threads_is_checked_the_same_way(embedded: Target, new_session: NewSession) -> None:
    session = new_session(embedded)
    session.begin("race-email")
    session.scenario.in_threads = True
    race_of_sign_ups(session.scenario)
    session.registry.prove_nothing_is_left(60)


def test_a_failure_shows_the_contenders_on_a_time_axis(tmp_path: Path) -> None:
    with session_on(tmp_path, "--defect", "race-check-then-insert", "--window", "50") as session:
        session.begin("race-email")
        session.scenario.attempted = "many users sign up at once with one email"
        with pytest.raises(ContractViolation) as caught:
            race_of_sign_ups(session.scenario)
    text = str(caught.value)
    assert "contract broken: race-email" in text
    assert "of 10 won: " in text
    assert text.count("|") >= 20
    assert "  request:   POST " in text
