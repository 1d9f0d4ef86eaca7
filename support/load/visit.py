"""One visit to the target: each exchange is judged at once, and told to the statistics with its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from support.cleanup.journal import State
from support.cleanup.registry import Registry
from support.concurrency.burst import burst_in_threads
from support.concurrency.results import BurstResult, Request
from support.contract.matchers import Matcher, body_of, has_an_id, has_status, is_a_user, shows
from support.contract.normalizers import ids_of, user_of, users_shown
from support.contract.violation import check
from support.errors import ContractViolation, SuiteError
from support.http.operations import Operation
from support.load.population import Population
from support.load.telling import Tell, Told, attempts_of, disturbance, failure_of
from support.models import Exchange, NewUser
from support.profile import Profile
from support.profile_answers import USER_FIELDS
from support.scenario.waiting import READ, SEARCH

Check = tuple[Exchange, Sequence[Matcher]]


class VisitOver(Exception):
    """A visit cannot go on: a rule is broken, or a call proved nothing."""


class Visit:
    """What one client does: `registry` records the users that it makes, and permits changes to those users alone."""

    def __init__(self, population: Population, registry: Registry, tell: Tell) -> None:
        self.population, self.registry, self.api, self._tell = population, registry, registry.api, tell
        self.profile, self.answers = population.profile, population.profile.answers

    # Requests

    def send(self, rule: str, attempted: str, operation: Operation[Exchange], *matchers: Matcher) -> Exchange:
        """Execute a call and check its answer; raises VisitOver if the visit cannot go on."""
        exchange = self._run(operation)
        self.check(rule, attempted, [(exchange, matchers)])
        return exchange

    def send_at_once(self, requests: Sequence[Request[Exchange]]) -> BurstResult[Exchange]:
        """Release requests together; the caller judges the answers."""
        with self._telling_what_is_not_sent():
            return burst_in_threads(self.population.http, requests)

    def wait_until(self, what: str, attempted: str, ask: Callable[[], Operation[Exchange]], *matchers: Matcher) -> None:
        """Repeat a request until its answer is right; after the deletion deadline, the rule `delete` is broken."""
        asked: list[Exchange] = []

        def ask_once() -> Exchange:
            asked.append(self._run(ask()))
            return asked[-1]

        def is_right(exchange: Exchange) -> bool:
            return all(matcher.matches(exchange) for matcher in matchers)

        last = self.population.deadlines.poll_until(what, ask_once, is_right)
        for exchange in asked[:-1]:
            self.note(exchange)
        self.check("delete", attempted, [(last, matchers)])

    def check(self, rule: str, attempted: str, checks: Iterable[Check]) -> None:
        """Check exchanges, and report all of them; raises VisitOver if one of them is not right."""
        verdicts = [self._is_right(rule, attempted, *check) for check in checks]
        if not all(verdicts):
            raise VisitOver

    def _is_right(self, rule: str, attempted: str, exchange: Exchange, matchers: Sequence[Matcher]) -> bool:
        error: Exception | None = None
        if proves_something := not disturbance(exchange):
            try:
                check(exchange, rule, attempted, *matchers)
            except (ContractViolation, SuiteError) as wrong:
                error = wrong
        self.note(exchange, error)
        return proves_something and error is None

    def note(self, exchange: Exchange, error: Exception | None = None) -> None:
        """Report an exchange, and what is wrong with it."""
        for told in attempts_of(exchange, self.api, error):
            self._tell(told)

    def _run(self, operation: Operation[Exchange]) -> Exchange:
        with self._telling_what_is_not_sent():
            return self.population.http.run(operation)

    @contextmanager
    def _telling_what_is_not_sent(self) -> Iterator[None]:
        """Report why a call was not sent, such as that its user may be another client's; raises VisitOver."""
        try:
            yield
        except (ContractViolation, SuiteError) as error:
            violation = error if isinstance(error, ContractViolation) else None
            self._tell(Told("(not sent)", "", failure=failure_of(error), violation=violation))
            raise VisitOver from None

    # What answers should be

    def a_new_user(self, new_user: NewUser) -> Sequence[Matcher]:
        """Return what the answer to a sign-up should be."""
        names = self.profile.names
        whole = is_a_user(names, self.profile.shape)
        return has_status(self.answers.created), has_an_id(names), shows(new_user.as_json(), names), whole

    def the_user(self, fields: Mapping[str, Any]) -> Sequence[Matcher]:
        """Return what the answer to a read or change should be."""
        return has_status([200]), shows(fields, self.profile.names)

    def found(self, *user_ids: str) -> Sequence[Matcher]:
        """Return what the answer to a search for an email should be: exactly these users."""
        statuses = [200] if user_ids else [200, *self.answers.no_match]
        return has_status(statuses), lists_exactly(self.profile, user_ids)

    def fields_of(self, exchange: Exchange) -> dict[str, Any]:
        """Return the fields of the contract that an answer shows, by the contract's names."""
        shown = self.profile.names.to_contract(body_of(exchange.answer)[0])
        return {key: shown[key] for key in USER_FIELDS if key in shown}

    def id_in(self, exchange: Exchange) -> str:
        """Return the id of the user in an answer; empty if there is none."""
        user = user_of(exchange.answer, self.profile)
        return user.id if user is not None else ""

    # Deletions

    def delete(self, user_id: str, *emails: str) -> None:
        """Delete a user, and check that neither a read nor a search shows them any more."""
        exchange = self._run(self.api.delete(user_id))
        again = self.answers.deleted_again if exchange.repeated_in_doubt else ()
        self.check("delete", "a user is deleted", [(exchange, [has_status((*self.answers.deleted, *again))])])
        attempted = "a user is deleted, and then read"
        self.wait_until(READ, attempted, lambda: self.api.read(user_id), has_status(self.answers.gone))
        for email in emails if self.profile.capabilities.email_filter else ():
            self._is_not_found(email)

    def _is_not_found(self, email: str) -> None:
        attempted = "a user is deleted, and then searched for"
        self.wait_until(SEARCH, attempted, lambda: self.api.find(email), *self.found())

    def forget(self) -> None:
        """Write down that all users of the visit are gone, as its checks have shown."""
        self.registry.ledger.mark_as(self.registry.ledger.records, State.GONE)

    def leave(self) -> None:
        """Delete the users of a visit that ends early; the sweep deletes those who are not gone at once."""
        for record in self.registry.ledger.alive:
            with suppress(VisitOver):
                statuses = {self._leave(user_id) for user_id in sorted(record.ids)}
                if statuses and statuses <= {*self.answers.gone}:
                    self.registry.ledger.mark_as([record], State.GONE)

    def _leave(self, user_id: str) -> int | None:
        """Delete a user; return the status of a read of them."""
        self.note(self._run(self.api.delete(user_id)))
        read = self._run(self.api.read(user_id))
        self.note(read)
        return read.status


def lists_exactly(profile: Profile, user_ids: Sequence[str]) -> Matcher:
    """Match an exchange whose answer lists these users and no others."""

    def find(exchange: Exchange) -> list[str]:
        shown = ids_of(exchange.answer, profile)
        return [] if sorted(shown) == sorted(user_ids) else [users_shown(shown)]

    return Matcher("exactly the user with this email" if user_ids else "no user with this email", find)
