"""If hooks or steps end a run early, its users are deleted once, and the run does not pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.tests.interruption.copies import a_copy, with_hook
from support.tests.interruption.target_process import Api, Ended, Place, an_api, difference

HOOKS = (
    "before_all",
    "before_feature",
    "before_scenario",
    "before_step",
    "after_scenario",
    "after_feature",
    "after_all",
)
FAIL = "raise RuntimeError('a faulty hook')"
INTERRUPT = "raise KeyboardInterrupt"


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def cleaned_up_once(api: Api, ended: Ended, before: dict[str, int]) -> None:
    """Check that every created user was deleted by exactly one DELETE, and that the exit code is not 0."""
    after = api.stats()["answers"]
    counts = {answer: number - before.get(answer, 0) for answer, number in after.items()}
    assert api.users() == api.before, difference(api.before, api.users())
    assert counts.get("DELETE 204", 0) == counts.get("POST 201", 0), ended.said
    assert counts.get("DELETE 404", 0) == 0, ended.said
    assert ended.code != 0, ended.said


def run_once(place: Place, api: Api, copy: Path) -> Ended:
    before = api.stats()["answers"]
    ended = place.run("--tags=@contract", api=api, root=copy)
    cleaned_up_once(api, ended, before)
    return ended


FAULTS = [(FAIL, True), (FAIL, False), (INTERRUPT, True), ("raise SystemExit(0)", False)]


@pytest.mark.parametrize(
    ("fault", "first"), FAULTS, ids=["fails before", "fails after", "is interrupted before", "exits after"]
)
@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook(place: Place, api: Api, hook: str, first: bool, fault: str) -> None:
    copy = with_hook(a_copy(place.folder / "copy"), hook, fault, before=first)
    ended = run_once(place, api, copy)
    assert "Traceback" not in ended.said


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("the step exits", "sys.exit(0)"),
        ("the step exits with a word", "sys.exit('enough')"),
        ("the step is interrupted", "raise KeyboardInterrupt"),
        ("the step fails", "raise AssertionError('no')"),
        ("a cleanup is interrupted", "context.add_cleanup(_interrupt)"),
        ("a cleanup exits", "context.add_cleanup(sys.exit, 0)"),
        ("a cleanup fails", "context.add_cleanup(lambda: 1 / 0)"),
        ("a generator is interrupted while it closes", "_swallow()"),
    ],
    ids=lambda text: text if " " in text and "(" not in text else "",
)
def test_a_step(place: Place, api: Api, deed: str, code: str) -> None:
    copy = a_copy(place.folder / "copy", deed, code)
    with (copy / "steps" / "of_its_own.py").open("a", encoding="utf-8") as steps:
        steps.write(MORE_STEPS)
    run_once(place, api, copy)


MORE_STEPS = """

def _interrupt():
    raise KeyboardInterrupt


def _swallow():
    import signal

    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        pass
"""


def test_the_reader_closes_the_output(place: Place, api: Api) -> None:
    before = api.stats()["answers"]
    reader, writer = os.pipe()
    run = place.start("--tags=@contract", api=api, root=a_copy(place.folder / "copy"), into=writer)
    os.close(writer)
    while not os.read(reader, 4096).endswith(b"\n"):
        pass
    os.close(reader)
    ended = run.ended()
    cleaned_up_once(api, ended, before)
    assert "Traceback" not in ended.err
    assert "Exception" not in ended.err
