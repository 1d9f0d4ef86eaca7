"""Many at once: bursts of people who sign up, and of whole lives."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from support.concurrency.burst import BurstResult, Request, burst
from support.concurrency.drawing import histogram
from support.concurrency.threads import burst_in_threads
from support.contract.matchers import Matcher, has_an_id, has_status, is_a_list, shows
from support.contract.normalizers import listed, normal_user, user_of
from support.contract.violation import check, fail
from support.errors import Inconclusive
from support.http.operations import Operation, Sleep
from support.models import Exchange, NewUser

if TYPE_CHECKING:
    from support.scenario.session import Session

log = logging.getLogger("acceptance.crowd")
LEAST = 2


@dataclass(frozen=True)
class Life:
    """The exchanges of one user's whole life."""

    new_user: NewUser
    renamed_to: str
    exchanges: Mapping[str, Exchange]


class Bursts:
    """Lets many act at once, and judges each of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._newcomers: list[NewUser] = []
        self._leavers: Sequence[Mapping[str, Any]] = ()
        self._stayers: Sequence[Mapping[str, Any]] = ()
        self._outcome: BurstResult[Any] | None = None

    @property
    def outcome(self) -> BurstResult[Any]:
        """What the last crowd came to; raises Inconclusive where there was none."""
        if self._outcome is None:
            raise Inconclusive("no crowd has acted in this scenario yet")
        return self._outcome

    def size(self, wanted: int) -> int:
        """Return how large a crowd may be here: what is wanted, within what the target can take."""
        limits = (self._session.registry.room, self._session.profile.caps.concurrency)
        size = min(wanted, *(limit for limit in limits if limit is not None))
        if size < LEAST:
            raise Inconclusive(f"a crowd of {wanted} is wanted, and the target has room for {max(size, 0)}")
        return size

    def at_once(self, entrants: Sequence[Request[Any]], warm: bool = False) -> BurstResult[Any]:
        """Let all act at one moment, over the async client."""
        session = self._session
        warm_up = (
            session.api.call("GET", query={session.profile.names.email_filter: session.factory.new_user().email})
            if warm
            else None
        )
        self._outcome = session.loop.run(burst(session.async_client, entrants, warm_up))
        return self._outcome

    # Signing up

    def sign_up_at_once(self, wanted: int) -> None:
        """Let so many people sign up at one moment."""
        self.at_once(self._sign_ups(wanted))
        self._report("burst")

    def sign_up_in_threads(self, wanted: int) -> None:
        """Let so many people sign up from as many threads."""
        entrants = self._sign_ups(wanted)
        self._outcome = burst_in_threads(self._session.http, entrants)
        self._report("threads")

    def _sign_ups(self, wanted: int) -> list[Request[Exchange]]:
        session = self._session
        count = self.size(wanted)
        session.registry.make_room(count)
        session.api.policy.budget.admit(count)
        self._newcomers = session.factory.new_users(count)
        return [Request(one.email, self._sign_up(one)) for one in self._newcomers]

    def _sign_up(self, new_user: NewUser) -> Operation[Exchange]:
        session = self._session
        call = session.api.creating(session.profile.names.to_target(new_user.as_json()))
        return session.registry.create(call, new_user.email, new_user.name)

    def _report(self, kind: str) -> None:
        line = f"{kind} of {len(self.outcome.results)}: {self.outcome.summary()}"
        self._session.crowd_notes.append(line)
        log.info("%s", line)
        latencies = self.outcome.latencies_s
        self._session.evidence.picture(f"how long the {kind} took", lambda: histogram(latencies))

    def were_under_way_together(self) -> None:
        """All requests were in flight at one moment; raises Inconclusive where it was no burst."""
        outcome = self.outcome
        if outcome.peak < len(outcome.results):
            raise Inconclusive(
                f"this was no burst: {outcome.peak} of {len(outcome.results)} requests were in flight at once. The "
                "target or a proxy takes fewer connections; give its limit to a profile as caps.concurrency."
            )

    def each_welcomed(self) -> None:
        """Each was answered by 201 with her own data, and by an id of her own."""
        session = self._session
        holders: dict[str, str] = {}
        for new_user, exchange in zip(self._newcomers, self.outcome.results, strict=True):
            session.scenario.check(exchange, *self._shown_as_new(new_user))
            user = user_of(exchange.answer, session.profile)
            user_id = user.id if user else ""
            if user_id in holders:
                told = f"{new_user.email} and {holders[user_id]} were both given the id {user_id}"
                fail(session.scenario.rule, session.scenario.attempted, ["an id for each"], [told], exchange)
            holders[user_id] = new_user.email
        self._each_located_at_herself(holders)

    def _each_located_at_herself(self, holders: Mapping[str, str]) -> None:
        """No answer gives the Location of another new user."""
        session = self._session
        for new_user, exchange in zip(self._newcomers, self.outcome.results, strict=True):
            location = (exchange.answer.header("Location") if exchange.answer else None) or ""
            owner = holders.get(unquote(location.rstrip("/").rpartition("/")[2]), new_user.email)
            if owner != new_user.email:
                told = f"{new_user.email} was given the Location of {owner}, {location}"
                fail(session.scenario.rule, session.scenario.attempted, ["a Location of her own"], [told], exchange)

    def _shown_as_new(self, new_user: NewUser) -> tuple[Matcher, ...]:
        """Return what matches the answer to a create: this new user, with an id to go on with."""
        profile = self._session.profile
        names = profile.names
        return has_status(profile.answers.created), shows(new_user.as_json(), names), has_an_id(names)

    def each_shown(self) -> None:
        """Each can be read under the id she was given, as she was answered."""
        session = self._session
        fields = [session.accounts.fields_of(exchange) for exchange in self.outcome.results]
        reads = session.run_at_once([session.api.read(str(shown.get("id"))) for shown in fields])
        for shown, read in zip(fields, reads, strict=True):
            attempted = f"{session.scenario.attempted}; then reading each of them"
            check(read, session.scenario.rule, attempted, has_status([200]), shows(shown, session.profile.names))

    def each_listed(self) -> None:
        """The list shows each of them once."""
        session = self._session
        exchange = session.directory.whole_list()
        attempted = f"{session.scenario.attempted}; then reading the list"
        check(exchange, session.scenario.rule, attempted, has_status([200]), is_a_list(session.profile))
        users = [normal_user(entry, session.profile.names) for entry in listed(exchange.answer, session.profile) or []]
        shown = [user.email for user in users if user is not None]
        wrong = [
            f"{one.email} is there {shown.count(one.email.lower())} times"
            for one in self._newcomers
            if shown.count(one.email.lower()) != 1
        ]
        if wrong:
            fail(
                session.scenario.rule,
                attempted,
                ["each of them once in the list"],
                [*wrong[:5], f"{len(wrong)} in all"],
                exchange,
            )

    # Leaving

    def half_leave_at_once(self) -> None:
        """Let every second one of those who signed up leave, all at one moment."""
        session = self._session
        welcomed = [session.accounts.fields_of(exchange) for exchange in self.outcome.results]
        self._leavers, self._stayers = welcomed[::2], welcomed[1::2]
        ids = [str(shown.get("id")) for shown in self._leavers]
        self.at_once([Request(user_id, session.api.delete(user_id)) for user_id in ids])
        self._report("burst of departures")

    def half_are_gone(self) -> None:
        """Who left was told so and is gone; who stayed is shown as she was welcomed."""
        session = self._session
        answers, rule, attempted = session.profile.answers, session.scenario.rule, session.scenario.attempted
        for exchange in self.outcome.results:
            check(exchange, rule, attempted, self._told_of_leaving(exchange))
        stay = session.run_at_once([session.api.read(str(shown.get("id"))) for shown in self._stayers])
        for shown, read in zip(self._stayers, stay, strict=True):
            told = f"{attempted}; then reading each of those who stayed"
            check(read, rule, told, has_status([200]), shows(shown, session.profile.names))
        for gone in session.run_at_once([self._gone(str(shown.get("id"))) for shown in self._leavers]):
            check(gone, rule, f"{attempted}; then reading each of those who left", has_status(answers.gone))

    def _told_of_leaving(self, exchange: Exchange | None) -> Matcher:
        """Return what matches the answer to a deletion: it may have been repeated because an answer was lost."""
        answers = self._session.profile.answers
        again = answers.deleted_again if exchange is not None and exchange.repeated_in_doubt else ()
        return has_status((*answers.deleted, *again))

    # Whole lives

    def live_at_once(self, wanted: int) -> None:
        """Let so many people sign up, change their name, look, and leave, all at once."""
        session = self._session
        count = self.size(wanted)
        session.registry.make_room(count)
        session.api.policy.budget.admit(count)
        self._newcomers = session.factory.new_users(count)
        self.at_once([Request(one.email, self._life(one, number)) for number, one in enumerate(self._newcomers)])
        self._report("burst of whole lives")

    def _life(self, new_user: NewUser, number: int) -> Operation[Life]:
        session = self._session
        renamed_to = f"{new_user.name} No. {number + 1}"
        created = yield from self._sign_up(new_user)
        user = user_of(created.answer, session.profile)
        exchanges = {"created": created}
        if user is None or created.status not in session.profile.answers.created:
            return Life(new_user, renamed_to, exchanges)
        exchanges["seen"] = yield from session.api.read(user.id)
        seen = user_of(exchanges["seen"].answer, session.profile)
        if seen is not None and (seen.id, seen.email) == (user.id, new_user.email.lower()):
            changes = session.profile.names.to_target({"name": renamed_to})
            exchanges["patched"] = yield from session.api.patch(user.id, changes)
            exchanges["read"] = yield from session.api.read(user.id)
            exchanges["deleted"] = yield from session.api.delete(user.id)
            exchanges["gone"] = yield from self._gone(user.id)
        return Life(new_user, renamed_to, exchanges)

    def _gone(self, user_id: str) -> Operation[Exchange]:
        """Read until the deletion shows, or its deadline is over."""
        session = self._session
        exchange = yield from session.api.read(user_id)
        for wait in session.poll_policy.waits():
            if exchange.status in session.profile.answers.gone:
                break
            yield Sleep(wait, "the deletion has still to show")
            exchange = yield from session.api.read(user_id)
        return exchange

    def each_lived(self) -> None:
        """Each life went as if nobody else had been there."""
        session = self._session
        answers = session.profile.answers
        for life in self.outcome.results:
            renamed = shows({**life.new_user.as_json(), "name": life.renamed_to}, session.profile.names)
            wanted: Mapping[str, Sequence[Matcher]] = {
                "created": self._shown_as_new(life.new_user),
                "seen": (has_status([200]), shows(life.new_user.as_json(), session.profile.names)),
                "patched": (has_status([200]), renamed),
                "read": (has_status([200]), renamed),
                "deleted": (self._told_of_leaving(life.exchanges.get("deleted")),),
                "gone": (has_status(answers.gone),),
            }
            for moment, matchers in wanted.items():
                attempted = f"{session.scenario.attempted}: the life of {life.new_user.email}, {moment}"
                check(life.exchanges[moment], session.scenario.rule, attempted, *matchers)
