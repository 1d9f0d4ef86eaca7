"""A run that dies after any of its steps: the next one deletes all that it made, and nobody else."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.cleanup.journal import Journal, JournalRow, State
from support.cleanup.marks import mark_in
from support.errors import LeftBehind
from support.http.loop import LoopThread
from support.models import Answer, Call, Failure, NewUser
from support.tests.cleanup.fake import URL, FakeUsers, Stand, answered
from support.tests.cleanup.test_journal import release_lease

DEADLINE_S = 1.0


class Died(BaseException):
    """The process is gone: nothing that it would have done happens any more."""


class Outcome:
    """Lets a process die at its n-th step: before it is done, or after it with the answer never seen."""

    def __init__(self, step: int, after: bool = False) -> None:
        self.step, self.after = step, after
        self.dead = False
        self._steps = itertools.count()

    @contextlib.contextmanager
    def over(self) -> Iterator[None]:
        """Take one step, or die."""
        number = next(self._steps)
        self._die_if(self.dead or (number == self.step and not self.after))
        yield
        self._die_if(number == self.step)

    def _die_if(self, now: bool) -> None:
        if now:
            self.dead = True
            raise Died


class MortalJournal(Journal):
    """A journal each of whose writes is a step."""

    fate: Outcome | None = None

    def intend(self, mark: str, email: str | None) -> int:
        with self._step():
            return super().intend(mark, email)

    def mark(self, refs: Sequence[int], state: State, user_id: str | None = None, reason: str | None = None) -> None:
        with self._step():
            super().mark(refs, state, user_id, reason)

    def close_run(self, mark: str) -> None:
        with self._step():
            super().close_run(mark)

    def _step(self) -> contextlib.AbstractContextManager[None]:
        return self.fate.over() if self.fate is not None else contextlib.nullcontext()


class MortalUsers(FakeUsers):
    """An API each of whose requests is a step of the client; it lives on when the client dies."""

    fate: Outcome | None = None
    unlisted = False

    def answer(self, call: Call) -> Answer | Failure:
        """Answer, or let the client die; `unlisted` shows nobody in the list, as if they were on a later page."""
        if self.unlisted and call.method == "GET" and call.url == URL:
            return answered(200, [])
        if self.fate is None:
            return super().answer(call)
        with self.fate.over():
            return super().answer(call)


DEEDS = {
    "signs up": lambda run: run.create(),
    "signs up, and the answer is lost": lambda run: run.create_unseen(),
    "signs up with a taken address": lambda run: run.create(NewUser("Mallory", run.guest)),
    "is refused": lambda run: run.create(NewUser("", "")),
    "moves": lambda run: run.move(),
    "leaves": lambda run: run.leave(),
    "the scenario ends": lambda run: run.registry.start_deleting(),
    "the feature ends": lambda run: run.registry.confirm_gone(),
}


class Run(Stand):
    """A run that can die, and what its steps do."""

    guest = "guest@elsewhere.example"

    def create_unseen(self) -> None:
        self.users.lost = {"POST": 1}
        self.create()

    def move(self) -> None:
        """Change the address of somebody of ours, if there is anybody."""
        ours = [user_id for user_id, user in self.users.users.items() if mark_in(user["email"]) == self.mark]
        if ours:
            wanted = self.new_user().email
            call = self.api.patch_call(ours[0], {"email": wanted})
            self.client.execute(self.registry.change(call, wanted))

    def leave(self) -> None:
        ours = [user_id for user_id, user in self.users.users.items() if mark_in(user["email"]) == self.mark]
        if ours:
            self.client.execute(self.api.delete(ours[0]))


def live_and_die(folder: Path, loop: LoopThread, deeds: Sequence[str], fate: Outcome, unlisted: bool) -> bool:
    """Play a run until it dies or ends, then let the next one recover; tell whether it died."""
    users = MortalUsers()
    users.unlisted = unlisted
    guests = {users.add("Guest", Run.guest), users.add("Guest", "other@elsewhere.example")}
    journal = MortalJournal(folder)
    run = Run(folder, loop, users, journal=journal)
    journal.fate = users.fate = fate
    with contextlib.suppress(Died, LeftBehind):
        for deed in deeds:
            DEEDS[deed](run)
        run.registry.prove_nothing_is_left(DEADLINE_S)
        run.registry.ledger.close()
    died = fate.dead
    bury(run)
    users.fate = None
    recover(folder, loop, users)
    ours = [user for user in users.users.values() if mark_in(user["email"]) is not None]
    assert ours == [], f"left after {fate.step} steps of {deeds}"
    assert set(users.users) == guests
    assert not set(users.asked("DELETE")) & guests
    return died


def bury(run: Run) -> None:
    """Do what the system does for a process that died: its locks go, its file stays as it is."""
    with contextlib.suppress(BaseException):
        run.registry.wait_for_deletions()
    release_lease(run.journal)
    run.journal.close()


def recover(folder: Path, loop: LoopThread, users: FakeUsers) -> None:
    """Do what the next run does before it begins; it tells once of who may have been made without an address."""
    heir = Stand(folder, loop, users)
    for dead in heir.journal.dead_runs(URL):
        in_doubt = [line for line in heir.journal.unfinished(dead.mark) if is_in_doubt(line)]
        with pytest.raises(LeftBehind) if in_doubt else contextlib.nullcontext():
            finish(heir, dead.mark)
        if in_doubt:
            finish(heir, dead.mark)
        heir.journal.close_run(dead.mark)
    assert heir.journal.dead_runs(URL) == []
    heir.journal.close()


def is_in_doubt(line: JournalRow) -> bool:
    return line.state is State.INTENDED and not line.email and not line.id


def finish(heir: Stand, mark: str) -> None:
    """Take over what a dead run left, and see it gone."""
    registry = heir.new_registry(mark)
    registry.ledger.adopt(heir.journal.unfinished(mark))
    registry.prove_nothing_is_left(DEADLINE_S)


@pytest.fixture(scope="module")
def one_loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


@pytest.mark.parametrize("unlisted", [False, True], ids=["by the list", "by the journal alone"])
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it, unseen"])
def test_a_whole_life_may_end_at_every_step(one_loop: LoopThread, after: bool, unlisted: bool) -> None:
    """Each step in turn: whatever is on disk and at the API then, the next run finds all of it."""
    deeds = [
        "signs up",
        "signs up, and the answer is lost",
        "moves",
        "leaves",
        "the scenario ends",
        "signs up",
    ]
    for step in itertools.count():
        with TemporaryDirectory() as folder:
            if not live_and_die(Path(folder), one_loop, deeds, Outcome(step, after), unlisted):
                break
    assert step > 20, "too few steps to be the life that was meant"


@settings(max_examples=60, deadline=None)
@given(
    deeds=st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=8),
    step=st.integers(0, 60),
    after=st.booleans(),
    unlisted=st.booleans(),
)
def test_any_life_may_end_anywhere(
    one_loop: LoopThread, deeds: list[str], step: int, after: bool, unlisted: bool
) -> None:
    with TemporaryDirectory() as folder:
        live_and_die(Path(folder), one_loop, deeds, Outcome(step, after), unlisted)
