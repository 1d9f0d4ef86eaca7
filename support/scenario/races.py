"""Races: rounds of contenders for one place, repeated until a race that is there would hardly have been missed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from support.concurrency.burst import BurstResult, Request
from support.concurrency.drawing import race_picture, timeline
from support.concurrency.races import (
    Contender,
    Outcome,
    Verdict,
    broken_answers,
    chance_to_catch,
    check_single_winner,
    contenders_of,
    verdict_on,
    with_outcome,
)
from support.concurrency.threads import burst_in_threads
from support.contract.matchers import field_findings, moment_of
from support.contract.normalizers import listed, normal_user, user_of
from support.contract.violation import fail
from support.errors import Inconclusive
from support.http.operations import Operation
from support.models import Call, Exchange, NewUser, User
from support.profile import Names
from support.scenario.context import Actor
from support.scenario.waiting import FREE_ADDRESS, LOOK_UP, READING

if TYPE_CHECKING:
    from support.scenario.session import Session

log = logging.getLogger("acceptance.crowd")
LEAST_ROUNDS = 6
MOST_VOID = 10
RIVALS = 4

Round = Callable[[], tuple[BurstResult[Exchange], list[Contender], Verdict]]
Contest = Callable[[Sequence[Request[Exchange]]], BurstResult[Exchange]]


class Races:
    """Run races and check each round; raises ContractViolation with the contenders on a time axis, or Inconclusive."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contest: Contest = self._released_together
        self._decided: tuple[list[Contender], Verdict] | None = None

    def in_threads(self) -> None:
        """Play the next races with threads and a barrier instead of last-byte release."""
        self._contest = lambda entrants: burst_in_threads(self._session.http, entrants)

    def _released_together(self, entrants: Sequence[Request[Exchange]]) -> BurstResult[Exchange]:
        return self._session.bursts.at_once(entrants, warm=True)

    def play(self, round_: Round, share: float = 1.0) -> None:
        """Repeat rounds until the chance to have missed a race is small enough, or one has gone wrong.

        `share` is in how many of them the contenders come in an order in which a fault can show.
        """
        settings = self._session.settings
        missed, void, reasons = 1.0, 0, set[str]()
        skews: list[float] = []
        while (len(skews) < LEAST_ROUNDS or missed > settings.race_miss_probability) and len(
            skews
        ) < settings.race_rounds:
            outcome, contenders, verdict = round_()
            if outcome.early or verdict.void:
                void += 1
                reasons.add(verdict.void or "an answer came before its request was complete")
                if void > MOST_VOID:
                    raise Inconclusive(
                        f"{void} rounds of the race said nothing ({'; '.join(sorted(reasons))}), {len(skews)} did"
                    )
                continue
            skews.append(outcome.skew_s)
            self._decided = (contenders, verdict)
            if verdict.wrong:
                break
            missed *= 1 - share * chance_to_catch(outcome.skew_s, settings.race_window_s, len(contenders))
        self._report(len(skews), void, skews, missed)

    def every_round_was_right(self) -> None:
        """Raise ContractViolation with the contenders of the wrong round; Inconclusive where none was played."""
        if self._decided is None:
            raise Inconclusive("no round of a race was decided in this scenario")
        contenders, verdict = self._decided
        if verdict.wrong:
            scene = self._session.scenario
            culprit = next((one for one in contenders if one.outcome in (Outcome.BROKEN, Outcome.WON)), contenders[0])
            wanted = "one order or the other, never a mixture"
            fail(scene.rule, scene.attempted, [wanted], verdict.wrong, culprit.exchange, timeline(contenders))

    def _report(self, rounds: int, void: int, skews: Sequence[float], missed: float) -> None:
        window = self._session.settings.race_window_s
        skew = sorted(skews)[len(skews) // 2] * 1000
        line = (
            f"race: {rounds} rounds ({void} void), median release skew {skew:.3f} ms, "
            f"chance to miss a window of {window * 1000:g} ms {missed:.1e}"
        )
        self._session.crowd_notes.append(line)
        log.info("%s", line)
        contenders, _ = self._decided or ([], None)
        self._session.evidence.picture("the contenders of the last round", lambda: race_picture(contenders))

    # One address for many new users

    def for_one_address(self, spelling: str) -> None:
        """Let contenders sign up at once with one address, which each of them may write in her own letter case."""
        raced: list[str] = []
        self.play(lambda: self._sign_up_round(SPELLINGS[spelling], raced))
        self._look_into_the_list(raced)

    def _look_into_the_list(self, raced: Sequence[str]) -> None:
        """See that the list has nobody either whom a look-up does not show."""
        session = self._session
        exchange = session.directory.whole_list()
        users = [normal_user(entry, session.profile.names) for entry in listed(exchange.answer, session.profile) or []]
        holders = Counter(user.email for user in users if user is not None)
        wrong = [f"the list shows {holders[one]} users with the address {one}" for one in raced if holders[one] > 1]
        if wrong and self._decided is not None and not self._decided[1].wrong:
            self._decided = (self._decided[0], Verdict(tuple(wrong)))

    def _sign_up_round(
        self, spell: Callable[[str, int], str], raced: list[str]
    ) -> tuple[BurstResult[Exchange], list[Contender], Verdict]:
        session = self._session
        count = session.bursts.size(session.settings.race_contenders)
        session.registry.make_room(count, delete_current=True)
        email = session.factory.new_user().email
        raced.append(email)
        people = [
            NewUser(f"{session.factory.new_user().name} {number}", spell(email, number))
            for number in range(1, count + 1)
        ]
        outcome = self._contest([Request(one.name, self._contend(one)) for one in people])
        answers = session.profile.answers
        contenders = contenders_of(outcome, answers.created, answers.taken)
        holders = self._holders(email)
        verdict = check_single_winner(contenders, [str(user.name) for user in holders])
        if not verdict.wrong:
            verdict = _unchanged(verdict, contenders, holders, session)
        if not verdict.wrong and holders and self._may_be_taken_once_more(email):
            verdict = Verdict((f"after the race one more could sign up with the address that {holders[0].name} holds",))
        return outcome, contenders, verdict

    def _may_be_taken_once_more(self, email: str) -> bool:
        """Try to sign up with an address that somebody holds after the race."""
        exchange = self._one_more(email)
        return exchange.status in self._session.profile.answers.created and not exchange.adopted

    def _one_more(self, email: str) -> Exchange:
        session = self._session
        latecomer = NewUser(session.factory.new_user().name, email)
        call = session.api.creating(session.profile.names.to_target(latecomer.as_json()))
        return session.run(session.registry.create(call, latecomer.email, latecomer.name))

    def _contend(self, new_user: NewUser) -> Operation[Exchange]:
        session = self._session
        entry = session.registry.intend([(new_user.email, new_user.name)])[0]
        exchange = yield from session.api.send_once(
            session.api.creating(session.profile.names.to_target(new_user.as_json()))
        )
        session.registry.settle(entry, exchange)
        return exchange

    def _holders(self, email: str) -> Sequence[User]:
        holders = self._session.run(self._session.api.holders(email))
        if holders is None:
            raise Inconclusive(f"after the race nobody could be looked up by {email}")
        return holders

    # One address for several users

    def move_to_one_address(self, method: str = "PATCH") -> None:
        """Let several users move to one address at once, round after round."""
        rivals = self._rivals(RIVALS)
        spellings = cycle(SPELLINGS.values())
        self.play(lambda: self._move_round(rivals, 0, next(spellings), method))

    def join_against_move(self) -> None:
        """Let new user sign up with an address while users move to it, round after round."""
        rivals = self._rivals(RIVALS // 2)
        spellings = cycle(SPELLINGS.values())
        self.play(lambda: self._move_round(rivals, len(rivals), next(spellings)))

    def _rivals(self, count: int) -> list[Actor]:
        self._session.registry.make_room(count)
        return [self._session.accounts.become(person) for person in ("Ada", "Grace", "Alan", "Barbara")[:count]]

    def _move_round(
        self, rivals: Sequence[Actor], joining: int, spell: Callable[[str, int], str], method: str = "PATCH"
    ) -> tuple[BurstResult[Exchange], list[Contender], Verdict]:
        """Let the rivals move to a new address, while so many new user sign up with it."""
        session = self._session
        session.registry.make_room(joining)
        email = session.factory.new_user().email
        entry = session.registry.intend([(email, None)])[0]
        entrants = [
            Request(one.persona, session.api.send_once(self._moving(one, spell(email, number), method)))
            for number, one in enumerate(rivals, start=1)
        ]
        people = [
            NewUser(f"{session.factory.new_user().name} {number}", spell(email, number + RIVALS))
            for number in range(joining)
        ]
        entrants += [Request(one.name, self._contend(one)) for one in people]
        outcome = self._contest(entrants)
        session.registry.mark_not_created(entry)
        won = (200, *session.profile.answers.created) if joining else (200,)
        contenders = contenders_of(outcome, won, session.profile.answers.taken)
        by_id = {one.known_id: one.persona for one in rivals}
        known = {one.name for one in people}
        holders = [
            by_id.get(user.id) or (user.name if user.name in known else None) or f"user {user.id}"
            for user in self._holders(email)
        ]
        verdict = check_single_winner(contenders, holders)
        wrong = [*verdict.wrong, *self._changed_wrongly(rivals, contenders)]
        return outcome, contenders, Verdict(tuple(wrong), None if wrong else verdict.void)

    def _moving(self, actor: Actor, email: str, method: str) -> Call:
        """Return the call that gives somebody another address, and leaves her name."""
        api, to_target = self._session.api, self._session.profile.names.to_target
        if method == "PUT":
            return api.replacing(actor.known_id, to_target({"name": actor.shown.get("name"), "email": email}))
        return api.patching(actor.known_id, to_target({"email": email}))

    def _changed_wrongly(self, rivals: Sequence[Actor], contenders: Sequence[Contender]) -> list[str]:
        """Look at all; tell who was refused and changed all the same, or won and changed in more than her address."""
        outcomes = {one.label: one.outcome for one in contenders}
        wrong = []
        for actor in rivals:
            before = actor.shown
            shown = self._session.accounts.fields_of(self._session.accounts.look(actor))
            if outcomes[actor.persona] is Outcome.REFUSED and differs(shown, before):
                wrong.append(f"{actor.persona} was refused, but is shown as {shown}")
            elif outcomes[actor.persona] is Outcome.REFUSED and not self._is_found(actor):
                wrong.append(f"{actor.persona} was refused, but is not found any more by the address that she kept")
            if outcomes[actor.persona] is Outcome.WON and differs(shown, _but_for("email", before)):
                wrong.append(f"{actor.persona} has won, but more than her address has changed: she is shown as {shown}")
        return wrong

    def _is_found(self, actor: Actor) -> bool:
        """Whether somebody is found by the address that she is shown with."""
        holders = self._session.run(self._session.api.holders(str(actor.shown.get("email"))))
        return holders is None or actor.known_id in {user.id for user in holders}

    # Joining against leaving

    def join_against_leave(self) -> None:
        """Let someone sign up with an address while its holder leaves, round after round."""
        orders = cycle((1, -1))
        self.play(lambda: self._join_round(next(orders)), share=0.5)

    def _join_round(self, order: int) -> tuple[BurstResult[Exchange], list[Contender], Verdict]:
        session = self._session
        session.registry.make_room(3, delete_current=True)
        holder = session.accounts.become("Grace", session.factory.new_user("Grace"))
        new_user = NewUser(session.factory.new_user("Ada").name, holder.new_user.email)
        leaving = session.api.send_once(session.api.deleting(holder.known_id))
        entrants = [Request("Ada joins", self._contend(new_user)), Request("Grace leaves", leaving)]
        outcome = self._contest(entrants[::order])
        answers = session.profile.answers
        joined = contenders_of(outcome, answers.created, answers.taken)[::order][0]
        left = contenders_of(outcome, answers.deleted, ())[::order][1]
        contenders = [joined, left]
        wrong = broken_answers(contenders)
        if not wrong:
            wrong = self._mixture(holder, joined, left)
        decided = any(one.outcome is not Outcome.UNKNOWN for one in contenders)
        return outcome, contenders, verdict_on(wrong, decided)

    def _mixture(self, holder: Actor, joined: Contender, left: Contender) -> list[str]:
        """Compare the final state with what both were told; a deletion may take its time to show."""
        session = self._session
        gone = session.profile.answers.gone
        old = session.waiting.poll_until(
            READING,
            lambda: session.run(session.api.read(holder.known_id)),
            lambda came: came.status in gone or left.outcome is not Outcome.WON,
        )
        left_is_there = old.status not in gone
        holders = self._holders_once_gone(holder, left_is_there)
        others = [user for user in holders if user.id != holder.known_id]
        wrong = []
        if left.outcome is Outcome.WON and left_is_there:
            wrong.append("Grace's leaving was confirmed, but she is still there")
        if len(holders) > 1:
            wrong.append(f"{len(holders)} users hold the address in the end")
        if joined.outcome is Outcome.WON:
            user = user_of(joined.exchange.answer, session.profile)
            if [one.id for one in others] != [user.id if user else None]:
                wrong.append(f"Ada was welcomed, but {len(others)} new users hold the address in the end")
            elif session.run(session.api.read(others[0].id)).status != 200:
                wrong.append("Ada was welcomed, but cannot be read")
            elif self._may_be_taken_once_more(holder.new_user.email):
                wrong.append("Ada was welcomed, but one more could sign up with her address afterwards")
        if joined.outcome is Outcome.REFUSED and others:
            wrong.append("Ada was refused, but is there")
        if (
            (joined.outcome, left.outcome) == (Outcome.REFUSED, Outcome.WON)
            and not wrong
            and not self._is_freed(holder)
        ):
            wrong.append("Grace left and Ada was refused, but the address does not get free")
        return wrong

    def _is_freed(self, leaver: Actor) -> bool:
        """Whether somebody can sign up with the leaver's address within the deletion deadline."""
        taken = self._session.profile.answers.taken
        exchange = self._session.waiting.poll_until(
            FREE_ADDRESS, lambda: self._one_more(leaver.new_user.email), lambda came: came.status not in taken
        )
        return exchange.status not in taken

    def _holders_once_gone(self, leaver: Actor, is_there: bool) -> Sequence[User]:
        """Return who holds the leaver's address; where she is gone, views may show her until the deletion deadline."""
        session = self._session
        return session.waiting.poll_until(
            LOOK_UP,
            lambda: session.run(session.api.holders(leaver.new_user.email)) or (),
            lambda holders: is_there or leaver.known_id not in {user.id for user in holders},
        )

    # Two changes of one user

    def change_both_fields(self) -> None:
        """Let a user's name and address be changed at once by two people, round after round."""
        actor = self._session.accounts.become("Ada")
        self.play(lambda: self._change_round(actor))

    def _change_round(self, actor: Actor) -> tuple[BurstResult[Exchange], list[Contender], Verdict]:
        session = self._session
        fresh = session.factory.new_user("Ada")
        changes: Mapping[str, str] = fresh.as_json()
        entry = session.registry.intend([(fresh.email, None)])[0]
        entrants = [
            Request(
                f"changes {field}",
                session.api.send_once(
                    session.api.patching(actor.known_id, session.profile.names.to_target({field: value}))
                ),
            )
            for field, value in changes.items()
        ]
        outcome = self._contest(entrants)
        session.registry.mark_not_created(entry)
        contenders = contenders_of(outcome, [200], ())
        before = dict(actor.shown)
        shown = session.accounts.fields_of(session.accounts.look(actor))
        wrong = broken_answers(contenders)
        for contender, (field, value) in zip(contenders, changes.items(), strict=True):
            allowed = {value} if contender.outcome is Outcome.WON else {value, before[field]}
            if not any(_alike(field, shown.get(field), one) for one in allowed):
                wrong.append(
                    f"the new {field} was confirmed, but a read shows {shown.get(field)!r} instead of {value!r}"
                )
        decided = any(one.outcome is not Outcome.UNKNOWN for one in contenders)
        return outcome, contenders, verdict_on(wrong, decided)


def _but_for(field: str, shown: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in shown.items() if key != field}


def differs(shown: Mapping[str, object], before: Mapping[str, object]) -> bool:
    """Whether a user is not as she was before; an address may come in other letter case."""
    return bool(field_findings(shown, before, Names()))


def _alike(field: str, one: object, other: object) -> bool:
    return str(one).lower() == str(other).lower() if field == "email" else one == other


def _unchanged(verdict: Verdict, contenders: Sequence[Contender], holders: Sequence[User], session: Session) -> Verdict:
    """Hold the winner's answer against who holds the address: it is the same user, and nothing of her has changed."""
    won = with_outcome(contenders, Outcome.WON)
    if not won or not holders:
        return verdict
    answered, holder = user_of(won[0].exchange.answer, session.profile), holders[0]
    if answered is None or answered.id != holder.id:
        given = answered.id if answered else None
        return Verdict((f"{won[0].label} was given the id {given}, but {holder.id} holds the address",))
    if moment_of(answered.created_at) != moment_of(holder.created_at):
        told = f"createdAt {answered.created_at!r}, but {holder.created_at!r} is shown after the race"
        return Verdict((f"{won[0].label} was answered with {told}",))
    return verdict


SPELLINGS: Mapping[str, Callable[[str, int], str]] = {
    "one email": lambda email, _: email,
    "one email in different letter cases": lambda email, number: _cased(email, number),
}


def _cased(email: str, number: int) -> str:
    """Return the address with other letters in capitals for each number."""
    return "".join(sign.upper() if number >> (place % 5) & 1 else sign for place, sign in enumerate(email))
