"""`python -m support.cleanup`: shows what dead runs left, and deletes it only where it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cleanup.__main__ import FAULT, LEFT, main
from support.models import Exchange
from support.targets.embedded import EmbeddedApi, Target
from support.tests.cleanup.test_journal import let_go
from support.tests.conftest import NewWorld
from support.world import World


@pytest.fixture(scope="module")
def apart() -> Iterator[Target]:
    """An embedded API that stands for a real one: it stays when its run has died."""
    api = EmbeddedApi()
    yield Target(api.target.base_url, api.token, api.target.base_url)
    api.close()


@pytest.fixture(autouse=True)
def told(apart: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that name the target, as the environment does."""
    for name, value in (
        ("BASE_URL", apart.base_url),
        ("TOKEN", apart.token or ""),
        ("STATE_DIR", str(tmp_path / "state")),
    ):
        monkeypatch.setenv(name, value)


@pytest.fixture
def dead(apart: Target, new_world: NewWorld) -> World:
    """A run that made two users and died."""
    world = new_world(apart)
    for person in ("Ada", "Grace"):
        world.accounts.become(person)
    let_go(world.journal)
    return world


def there(world: World) -> int:
    """Return how many users of a run are there."""
    exchange: Exchange = world.run(world.api.list())
    assert exchange.answer is not None
    return exchange.answer.body.count(world.mark.encode())


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--dry-run", "--yes"]], ids=" ".join)
def test_it_deletes_nobody_unless_told(dead: World, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == LEFT
    assert there(dead) == 2
    assert capsys.readouterr().out.count("would delete ") == 2
    main(["--yes"])


def test_told_to_it_does(dead: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--yes"]) == 0
    assert there(dead) == 0
    assert f"2 user(s) of run {dead.mark} deleted, 0 left." in capsys.readouterr().out
    assert main([]) == 0
    assert "Nothing is left of dead runs" in capsys.readouterr().out


def test_a_mark_that_is_of_another_run_leaves_this_one(dead: World) -> None:
    assert main(["--yes", "--mark", "uat-zzzzzzzz"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--mark", dead.mark[:10].upper()]) == 0
    assert there(dead) == 0


def test_a_run_that_began_just_now_is_not_old(dead: World) -> None:
    assert main(["--yes", "--older-than", "1h"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--older-than", "0s"]) == 0
    assert there(dead) == 0


def test_a_run_without_a_journal_is_found_by_its_marks(
    dead: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "another"))
    assert main(["--yes"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--all-runs"]) == 0
    assert there(dead) == 0


@pytest.mark.parametrize("arguments", [["--yes"], ["--yes", "--all-runs"]], ids=" ".join)
def test_a_live_run_is_left_alone(apart: Target, new_world: NewWorld, arguments: list[str]) -> None:
    living = new_world(apart)
    living.accounts.become("Ada")
    assert main(arguments) == 0
    assert there(living) == 1
    living.registry.prove_nothing_is_left(10)


def test_guests_are_left_alone(dead: World) -> None:
    call = dead.api.creating({"name": "Guest", "email": "guest@uat-server.example.com"})
    guest = dead.run(dead.api.send(call)).answer
    assert guest is not None
    assert main(["--yes", "--all-runs"]) == 0
    user_id = guest.json()["id"]
    assert dead.run(dead.api.read(user_id)).status == 200
    dead.run(dead.api.delete(user_id))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--mark", "ab"], "--mark: it got 'ab'; it wants at least 4 characters"),
        (["--mark", "uat-a"], "--mark: it got 'uat-a'; it wants at least 4 characters"),
        (["--older-than", "soon"], "--older-than: it got 'soon'; it wants a number with s, m, h or d"),
    ],
)
def test_what_it_cannot_read_is_told_in_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == FAULT
    shown = capsys.readouterr().err.strip()
    assert line in shown
    assert "\n" not in shown


def test_without_a_target_there_is_nothing_to_clean(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASE_URL")
    monkeypatch.setattr("support.settings.ROOT", tmp_path)
    assert main([]) == FAULT
    assert "BASE_URL: it is not set" in capsys.readouterr().err
