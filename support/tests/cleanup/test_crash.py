"""A run that dies after any of its steps: the next one deletes all its users, and no others."""

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

DEADLINE_S = 4.0


class Died(BaseException):
    """The process is gone: nothing that it would have done happens any more."""


class Death:
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

    death: Death | None = None

    def intend(self, mark: str, email: str | None) -> int:
        with self._step():
            return super().intend(mark, email)

    def set_state(
        self, refs: Sequence[int], state: State, user_id: str | None = None, reason: str | None = None
    ) -> None:
        with self._step():
            super().set_state(refs, state, user_id, reason)

    def close_run(self, mark: str) -> None:
        with self._step():
            super().close_run(mark)

    def _step(self) -> contextlib.AbstractContextManager[None]:
        return self.death.over() if self.death is not None else contextlib.nullcontext()


class MortalUsers(FakeUsers):
    """An API each of whose requests is a step of the client; it lives on when the client dies."""

    death: Death | None = None
    unlisted = False

    def answer(self, call: Call) -> Answer | Failure:
        """Answer, or let the client die; `unlisted` shows an empty list, as if they were on a later page."""
        if self.unlisted and call.method == "GET" and call.url == URL:
            return answered(200, [])
        if self.death is None:
            return super().answer(call)
        with self.death.over():
            return super().answer(call)


STEPS = {
    "signs up": lambda run: run.create(),
    "signs up, and the answer is lost": lambda run: run.create_unseen(),
    "signs up with a taken email": lambda run: run.create(NewUser("Mallory", run.foreign_email)),
    "is refused": lambda run: run.create(NewUser("", "")),
    "changes the email": lambda run: run.change_email(),
    "is deleted": lambda run: run.delete(),
    "the scenario ends": lambda run: run.registry.start_deleting(),
    "the feature ends": lambda run: run.registry.confirm_gone(),
}


class Run(Stand):
    """A run that can die, and what its steps do."""

    foreign_email = "guest@elsewhere.example"

    def create_unseen(self) -> None:
        self.users.lost = {"POST": 1}
        self.create()

    def change_email(self) -> None:
        """Change the email of one of our users, if there is one."""
        ours = [user_id for user_id, user in self.users.users.items() if mark_in(user["email"]) == self.mark]
        if ours:
            wanted = self.new_user().email
            call = self.api.patch_call(ours[0], {"email": wanted})
            self.client.execute(self.registry.change(call, wanted))

    def delete(self) -> None:
        ours = [user_id for user_id, user in self.users.users.items() if mark_in(user["email"]) == self.mark]
        if ours:
            self.client.execute(self.api.delete(ours[0]))


def play_and_recover(folder: Path, loop: LoopThread, steps: Sequence[str], death: Death, unlisted: bool) -> bool:
    """Play a run until it dies or ends, then let the next one recover; tell whether it died."""
    users = MortalUsers()
    users.unlisted = unlisted
    foreign_ids = {users.add("Guest", Run.foreign_email), users.add("Guest", "other@elsewhere.example")}
    journal = MortalJournal(folder)
    run = Run(folder, loop, users, journal=journal)
    journal.death = users.death = death
    with contextlib.suppress(Died, LeftBehind):
        for name in steps:
            STEPS[name](run)
        run.registry.prove_nothing_is_left(DEADLINE_S)
        run.registry.ledger.close()
    died = death.dead
    end_process(run)
    users.death = None
    recover(folder, loop, users)
    ours = [user for user in users.users.values() if mark_in(user["email"]) is not None]
    assert ours == [], f"left after {death.step} steps of {steps}"
    assert set(users.users) == foreign_ids
    assert not set(users.asked("DELETE")) & foreign_ids
    return died


def end_process(run: Run) -> None:
    """Do what the system does for a process that died: its locks go, its file stays as it is."""
    with contextlib.suppress(BaseException):
        run.registry.wait_for_deletions()
    release_lease(run.journal)
    run.journal.close()


def recover(folder: Path, loop: LoopThread, users: FakeUsers) -> None:
    """Do what the next run does before it begins; a possible user without an email is named once."""
    next_run = Stand(folder, loop, users)
    for dead in next_run.journal.dead_runs(URL):
        in_doubt = [line for line in next_run.journal.unfinished(dead.mark) if is_in_doubt(line)]
        with pytest.raises(LeftBehind) if in_doubt else contextlib.nullcontext():
            finish(next_run, dead.mark)
        if in_doubt:
            finish(next_run, dead.mark)
        next_run.journal.close_run(dead.mark)
    assert next_run.journal.dead_runs(URL) == []
    next_run.journal.close()


def is_in_doubt(line: JournalRow) -> bool:
    return line.state is State.INTENDED and not line.email and not line.id


def finish(next_run: Stand, mark: str) -> None:
    """Take over what a dead run left, and see it gone."""
    registry = next_run.new_registry(mark)
    registry.ledger.adopt(next_run.journal.unfinished(mark))
    registry.prove_nothing_is_left(DEADLINE_S)


@pytest.fixture(scope="module")
def one_loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


@pytest.mark.parametrize("unlisted", [False, True], ids=["by the list", "by the journal alone"])
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it, unseen"])
def test_a_run_may_die_at_every_step(one_loop: LoopThread, after: bool, unlisted: bool) -> None:
    """Each step in turn: the next run finds all users, whatever is on disk and at the API then."""
    steps = [
        "signs up",
        "signs up, and the answer is lost",
        "changes the email",
        "is deleted",
        "the scenario ends",
        "signs up",
    ]
    for step in itertools.count():
        with TemporaryDirectory() as folder:
            if not play_and_recover(Path(folder), one_loop, steps, Death(step, after), unlisted):
                break
    assert step > 30, "too few steps for the run that was meant"


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=8),
    step=st.integers(0, 60),
    after=st.booleans(),
    unlisted=st.booleans(),
)
def test_any_run_may_die_anywhere(
    one_loop: LoopThread, steps: list[str], step: int, after: bool, unlisted: bool
) -> None:
    with TemporaryDirectory() as folder:
        play_and_recover(Path(folder), one_loop, steps, Death(step, after), unlisted)
