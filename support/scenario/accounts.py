"""What people do with their accounts: sign up, look, change, leave."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support.contract.matchers import body_of, has_an_id, has_status, moment_of
from support.contract.normalizers import user_of
from support.contract.violation import check
from support.models import Exchange, NewUser
from support.profile import USER_FIELDS
from support.scenario.context import Actor
from support.scenario.invalid_values import NOT_A_USER, spoiled
from support.scenario.waiting import FREE_ADDRESS

if TYPE_CHECKING:
    from support.scenario.session import Session

METHODS = {"an update": "PATCH", "updated": "PATCH", "a replacement": "PUT", "replaced": "PUT"}
A_SECOND = 1.05


class Accounts:
    """Sends what a step attempts, and remembers what came of it; it judges nothing but what a Given relies on."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # Joining

    def sign_up(self, person: str, **spelled: Any) -> Exchange:
        """Let someone sign up; `spelled` overrides or adds fields, in the contract's words."""
        actor = self._actor(person)
        return self.sign_up_with(actor, {**actor.new_user.as_json(), **spelled})

    def sign_up_with(self, actor: Actor, fields: Any) -> Exchange:
        """Let someone sign up with exactly these fields, whatever they are."""
        session = self._session
        call = session.api.create_call(fields)
        address, name = _asked_for(fields, actor.new_user)
        exchange = session.run(session.registry.create(call, address, name, session.scenario.ids_before))
        session.scenario.keep(exchange)
        self._remember(actor, exchange, address, name)
        return exchange

    def become(self, person: str, new_user: NewUser | None = None) -> Actor:
        """Make someone a user for a scenario that starts with one; raises ContractViolation where it cannot."""
        actor = self._actor(person)
        if new_user is not None:
            actor.new_user = new_user
        exchange = self.sign_up(person)
        answers = self._session.profile.answers
        attempted = f"{person} becomes a user, which this scenario starts from"
        check(exchange, "create-201", attempted, has_status(answers.created), has_an_id(self._session.profile.names))
        self.look(actor)
        return actor

    def become_each(self, group: Sequence[str]) -> None:
        for person in group:
            self.become(person)

    def become_and_leave(self, person: str) -> Actor:
        """Make someone a user who has left and is gone by now."""
        self.become(person)
        return self.leave_beforehand(person)

    def leave_beforehand(self, person: str) -> Actor:
        """Let someone leave and be gone, for a scenario that goes on from there."""
        actor = self._actor(person)
        self.delete(person)
        self._session.waiting.from_reading(actor, "delete")
        self._session.scenario.former_id = actor.known_id
        return actor

    def sign_up_each(self, group: Sequence[str]) -> None:
        self._session.scenario.keep(*[self.sign_up(person) for person in group])

    def sign_up_as(self, person: str, new_user: NewUser) -> Exchange:
        self._actor(person).new_user = new_user
        return self.sign_up(person)

    def sign_up_at(self, person: str, email: str) -> Exchange:
        """Let someone sign up with this address instead of her own."""
        return self.sign_up_as(person, replace(self._actor(person).new_user, email=email))

    def sign_up_times(self, person: str, email: str, times: int) -> None:
        self._session.scenario.keep(*[self.sign_up_at(person, email) for _ in range(times)])

    def sign_up_when_free(self, person: str, email: str) -> None:
        """Let someone sign up with an address whose deletion may still have to show."""
        taken = self._session.profile.answers.taken
        self._session.waiting.poll_until(
            FREE_ADDRESS, lambda: self.sign_up_at(person, email), lambda came: came.status not in taken
        )

    def sign_up_spoiled(self, person: str, flaw: str) -> Exchange:
        actor = self._actor(person)
        return self.sign_up_with(actor, spoiled(actor.new_user, flaw, self._session.factory))

    def sign_up_with_no_user(self, person: str, what: str) -> Exchange:
        actor = self._actor(person)
        return self.sign_up_with(actor, NOT_A_USER[what](actor.new_user, self._session.factory))

    def look(self, actor: Actor) -> Exchange:
        """Read someone and remember what was shown."""
        exchange = self._session.run(self._session.api.read(actor.known_id))
        if exchange.status == 200:
            actor.shown = self.fields_of(exchange) or actor.shown
            actor.expected = None
        return exchange

    def fields_of(self, exchange: Exchange) -> dict[str, Any]:
        """Return the four fields of the contract that an answer shows, in the contract's words."""
        value, _ = body_of(exchange.answer)
        shown = self._session.profile.names.to_contract(value) if isinstance(value, Mapping) else {}
        return {key: shown[key] for key in USER_FIELDS if key in shown}

    # Changing

    def patch(self, person: str, fields: Mapping[str, Any]) -> Exchange:
        """Let someone change only these fields."""
        return self._change(self._actor(person), "PATCH", fields)

    def put(self, person: str, fields: Mapping[str, Any]) -> Exchange:
        """Let someone replace the whole user by these fields."""
        return self._change(self._actor(person), "PUT", fields)

    def renew(self, person: str, *drawn: str, method: str = "PATCH", **spelled: str) -> Exchange:
        """Let someone change fields to newly drawn values, or to those given; what is expected then is remembered."""
        actor, fresh = self._actor(person), self._session.factory.new_user(person).as_json()
        changes = {**{field: fresh[field] for field in drawn}, **spelled}
        sent = changes if method == "PATCH" else {"name": actor.new_user.name, "email": actor.new_user.email, **changes}
        actor.expected = {**(actor.expected or actor.shown), **sent}
        exchange = self._write(method, actor.known_id, sent)
        if exchange.status == 200:
            self._session.scenario.former_email = actor.new_user.email
            actor.new_user = replace(actor.new_user, **changes)
        return exchange

    def renew_seen(self, person: str, field: str, change: str) -> None:
        """Let someone change a field, for a scenario that goes on from there."""
        self.renew(person, field, method=METHODS[change])
        self._take_effect(person, field)

    def give_up_address(self, person: str, change: str) -> None:
        """Let someone move away from her address, for a scenario that goes on from there."""
        self.renew(person, "email", method=METHODS[change])
        self._take_effect(person, "email")

    def confirm_address(self, person: str, change: str) -> None:
        """Let someone send her own address with a new name, for a scenario that goes on from there."""
        self.renew(person, "name", method=METHODS[change], email=self._actor(person).new_user.email)
        self._take_effect(person, "name")

    def settle_at(self, person: str, quirk: str, change: str) -> None:
        """Let someone move to an unusual address, for a scenario that goes on from there."""
        self.take_quirk(person, change, quirk)
        self._take_effect(person, "email")

    def _take_effect(self, person: str, field: str) -> None:
        new_user = self._actor(person).new_user
        self._session.outcomes.took_effect(person, {field: getattr(new_user, field)})

    def rename(self, person: str, change: str, name: str) -> None:
        self.renew(person, method=METHODS[change], name=name)

    def take_quirk(self, person: str, change: str, quirk: str) -> None:
        """Let someone change to an unusual name or address."""
        fields = self._session.values.with_quirk(quirk).as_json()
        field = "name" if quirk.startswith("a name") else "email"
        self.renew(person, method=METHODS[change], **{field: fields[field]})

    def move(self, person: str, email: str) -> None:
        self.renew(person, email=email)

    def change_with_every_flaw(self, person: str, changed: str) -> None:
        flawed = self._session.values.every_flaw()
        self._session.scenario.keep(*[self._change(self._actor(person), METHODS[changed], fields) for fields in flawed])

    def confirm_everything(self, person: str, change: str) -> None:
        """Let someone send the name and address that she has already."""
        new_user = self._actor(person).new_user
        self.renew(person, method=METHODS[change], name=new_user.name, email=new_user.email)

    def move_when_free(self, person: str, change: str, email: str) -> None:
        """Let someone move to an address whose former user's deletion may still have to show."""
        taken, name = self._session.profile.answers.taken, self._actor(person).new_user.name
        came = self._session.waiting.poll_until(
            FREE_ADDRESS,
            lambda: self.renew(person, method=METHODS[change], name=name, email=email),
            lambda came: came.status not in taken,
        )
        self._session.scenario.check(came, has_status([200]))

    def let_a_second_pass(self, person: str) -> None:
        """Wait until a time that is told in whole seconds is another; one told in parts of a second is so at once."""
        joined = moment_of(self._session.scenario.actor(person).shown.get("createdAt"))
        if not getattr(joined, "microsecond", 0):
            time.sleep(A_SECOND)

    def change_bringing(self, person: str, change: str, brought: Mapping[str, Any]) -> None:
        """Let someone change her name and bring a field along that is not hers to set."""
        actor, fresh = self._actor(person), self._session.factory.new_user(person)
        fields = {"name": fresh.name} if change == "an update" else {"name": fresh.name, "email": actor.new_user.email}
        actor.expected = {**actor.shown, **fields}
        self._write(METHODS[change], actor.known_id, {**fields, **brought})

    def take_address(self, person: str, change: str, email: str) -> None:
        actor = self._actor(person)
        fresh = self._session.factory.new_user(person)
        fields = {"email": email} if change == "an update" else {"name": fresh.name, "email": email}
        self._write(METHODS[change], actor.known_id, fields)

    def take_given_up(self, somebody: str, email: str) -> None:
        """Let a new user, or somebody who is there, take the address that someone gave up."""
        if somebody == "a new user":
            self.sign_up_at("Ada", email)
            self._session.outcomes.welcomed("Ada")
        else:
            self.renew(somebody, email=email)
            self._session.outcomes.took_effect(somebody, {"email": email}, self._session.scenario.rule)

    def change_unknown(self, state: str, change: str) -> None:
        """Change a user whom there is not: one who never was, or one who has left."""
        left = state == "was deleted"
        user_id = self.become_and_leave("Edsger").known_id if left else self._session.values.stranger_id()
        self.change_id(user_id, change)

    def change_id(self, user_id: str, change: str) -> None:
        """Send a valid change to an id that nobody has."""
        fresh = self._session.factory.new_user()
        self._session.scenario.sent_id = user_id
        self.change_nobody(METHODS[change], fresh.as_json(), user_id)

    def change_with_no_user(self, person: str, changed: str, what: str) -> None:
        """Send something that is no object of fields as a change or replacement."""
        body = NOT_A_USER[what](self._session.factory.new_user(), self._session.factory)
        self._write(METHODS[changed], self._actor(person).known_id, body)

    def change_nobody(self, method: str, fields: Mapping[str, Any], user_id: str) -> Exchange:
        return self._write(method, user_id, fields)

    def _change(self, actor: Actor, method: str, fields: Mapping[str, Any]) -> Exchange:
        return self._write(method, actor.known_id, fields)

    def _write(self, method: str, user_id: str, fields: Any) -> Exchange:
        session = self._session
        call = session.api.call(method, session.api.url_of(user_id), fields=fields)
        email = fields.get("email") if isinstance(fields, Mapping) else None
        address = email if isinstance(email, str) else None
        session.scenario.sent_email = address or ""
        exchange = session.run(session.registry.change(call, address))
        session.scenario.keep(exchange)
        return exchange

    # Leaving

    def delete(self, person: str) -> Exchange:
        return self.delete_id(self._actor(person).known_id)

    def leave_again(self, person: str) -> Exchange:
        """Delete somebody who has left, unless that would delete another; raises ContractViolation where it would."""
        self._session.outcomes.id_is_free(person)
        return self.delete(person)

    def delete_each(self, group: Sequence[str]) -> None:
        self._session.scenario.keep(*[self.delete(person) for person in group])

    def delete_id(self, user_id: str) -> Exchange:
        """Delete a user; the suite only ever names one that it made, or an id that nobody has."""
        exchange = self._session.run(self._session.api.delete(user_id))
        self._session.scenario.keep(exchange)
        return exchange

    def _actor(self, person: str) -> Actor:
        self._session.scenario.last_actor = self._session.scenario.actor(person)
        return self._session.scenario.last_actor

    def _remember(self, actor: Actor, exchange: Exchange, address: str | None, name: str | None) -> None:
        scene = self._session.scenario
        scene.emails_tried += [address] if address else []
        scene.names_tried += [name] if name else []
        user = user_of(exchange.answer, self._session.profile)
        if user is not None and exchange.status in range(200, 300):
            actor.id, actor.is_gone = user.id, False
            actor.shown = self.fields_of(exchange)


def _asked_for(fields: Any, new_user: NewUser) -> tuple[str | None, str | None]:
    """Return the address and name that a sign-up asks for, as far as they are text."""
    if not isinstance(fields, Mapping):
        return new_user.email, None
    address, name = fields.get("email"), fields.get("name")
    return address if isinstance(address, str) else None, name if isinstance(name, str) else None
