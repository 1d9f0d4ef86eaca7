"""Who is meant and what she brings: the words of the features, turned into names, addresses and ids."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from support.contract.matchers import has_status
from support.contract.normalizers import user_of
from support.errors import Inconclusive
from support.escaping import on_one_line
from support.models import NewUser
from support.scenario.invalid_values import INVALID_ADDRESSES, INVALID_NAMES, spoiled

if TYPE_CHECKING:
    from support.scenario.session import Session

TRIES_FOR_AN_ID = 6
AN_OLD_DATE = "2001-02-03T04:05:06Z"


class People:
    """Turns words into values; an unknown word raises KeyError, which behave shows as an error of the scenario."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def with_name(self, quirk: str) -> NewUser:
        """Return a new user with an unusual name."""
        factory = self._session.factory
        return factory.named(
            {
                "a name of 200 characters": factory.long_name(),
                "a name of 200 Chinese characters": "龍" * 200,
                "a name of 200 emoji": "🦉" * 200,
                "a name in Chinese characters": "李小龍",
                "a name with consecutive spaces": "Ada  Lovelace",
                "a name with leading and trailing spaces": " Ada Lovelace ",
                "a name with combining accents": "Zoe\u0308 Bronte\u0308",
                "a name with a no-break space": "Ada\u00a0Lovelace",
                "a name with a zero-width joiner": "Ada\u200d Lovelace",
                "a name with a tab and a line break": "Ada\tKing\nLovelace",
                "a name with quotes and an ampersand": 'O\'Brien & "Söhne" <b>',
            }[quirk]
        )

    def with_address(self, quirk: str) -> NewUser:
        """Return a new user with an unusual address."""
        new_user = self._session.factory.new_user("Ada")
        email = {
            "an email with a +tag": new_user.email.replace("@", "+news@"),
            "an email with dots": new_user.email.replace("@", ".a.b.c@"),
            "an email in upper case": new_user.email.replace("@", ".iris@").upper(),
            "an email in mixed case": new_user.email.title(),
            "an email with an apostrophe": new_user.email.replace("@", ".o'brien@"),
            "an email with digits and hyphens": new_user.email.replace("@", "-0815_x9@"),
            "an email of maximum length": self._session.factory.long_address(),
        }[quirk]
        return NewUser(new_user.name, email)

    def with_quirk(self, quirk: str) -> NewUser:
        """Return a new user with an unusual name or address."""
        return self.with_name(quirk) if quirk.startswith("a name") else self.with_address(quirk)

    def related(self, other: str, relation: str) -> NewUser:
        """Return a new user whose address contains somebody's, or nearly is it."""
        theirs = self._session.scenario.actor(other).new_user.email
        local, domain = theirs.split("@")
        email = {
            "starts with": f"{theirs}.au",
            "ends with": f"x{theirs}",
            "differs in one character from": theirs.replace(".", "x", 1),
            "has an underscore instead of a letter in": f"{theirs[0]}_{theirs[2:]}",
            "omits the dots in": "@".join([local.replace(".", ""), domain]),
            "adds a +tag to": f"{local}+tag@{domain}",
            "differs only near the end from": theirs.replace("x.example.com", "y.example.com"),
        }[relation]
        return dataclasses.replace(self._session.factory.new_user("Grace"), email=email)

    def brought(self, what: str) -> dict[str, Any]:
        """Return a field that only the server may set; the same each time within a scenario."""
        scene, known = self._session.scenario, self._session.scenario.users
        fields: Mapping[str, Callable[[], dict[str, Any]]] = {
            "a made-up id": lambda: {"id": self.stranger_id()},
            "Grace's id": lambda: {"id": known[0].known_id},
            "a past creation date": lambda: {"createdAt": AN_OLD_DATE},
            "an _id field": lambda: {"_id": self.stranger_id()},
            "a created_at field": lambda: {"created_at": AN_OLD_DATE},
            "administrator rights": lambda: {"isAdmin": True},
            "an administrator role": lambda: {"role": f"administrator-{self._session.mark}"},
            "nested administrator rights": lambda: {"attributes": {"isAdmin": True, "level": 9}},
        }
        if what not in scene.values:
            scene.values[what] = fields[what]()
        brought: dict[str, Any] = scene.values[what]
        return brought

    def spelled(self, person: str, spelling: str) -> str:
        """Return somebody's address in another spelling."""
        email = self._session.scenario.actor(person).new_user.email
        local, domain = email.split("@")
        return {
            "letter for letter": email,
            "in upper case": email.upper(),
            "in lower case": email.lower(),
            "with one upper-case letter": email[0].upper() + email[1:],
            "with an upper-case domain": f"{local}@{domain.upper()}",
            "plus a +tag": f"{local}+tag@{domain}",
        }[spelling]

    def awaited_address(self, person: str) -> str:
        """Return an address that somebody will have; the same each time within a scenario."""
        values = self._session.scenario.values
        values.setdefault("future email", self._session.factory.new_user(person).email)
        return str(values["future email"])

    def without(self, field: str) -> dict[str, str]:
        """Return the fields of a replacement that lacks one."""
        new_user = self._session.factory.new_user()
        return {"a name": {"email": new_user.email}, "an email": {"name": new_user.name}, "any field": {}}[field]

    def spoiled(self, flaw: str) -> dict[str, Any]:
        """Return a change with one flaw, its other half valid."""
        return spoiled(self._session.factory.new_user(), flaw, self._session.factory)

    def spoiled_alone(self, flaw: str) -> dict[str, Any]:
        """Return a change of nothing but the flawed field."""
        field = "name" if flaw in INVALID_NAMES else "email"
        return {field: self.spoiled(flaw)[field]}

    @property
    def flaws(self) -> list[str]:
        """Every flaw of a name or an address."""
        return [*INVALID_NAMES, *INVALID_ADDRESSES]

    def every_flaw(self) -> list[dict[str, Any]]:
        """Return a change for each flaw there is."""
        return [self.spoiled(flaw) for flaw in self.flaws if not flaw.startswith("no ")]

    def new_name_at(self, other: str) -> dict[str, str]:
        """Return a change to a new name and somebody else's address."""
        return {"name": self._session.factory.new_user().name, "email": self.spelled(other, "letter for letter")}

    def former_address(self) -> str:
        """Return the address that was last given up in this scenario."""
        return self._session.scenario.former_email

    def sent_address(self) -> str:
        """Return the address that a change which was refused named last."""
        return self._session.scenario.sent_email

    def stranger_id(self) -> str:
        """Return an id that nobody has, in the form of the ids that the API gives; raises ContractViolation.

        Reading it has to show nobody before anything else is done with it: it could be a stranger's.
        """
        session = self._session
        known = session.scenario.users or [session.accounts.become("Radia")]
        for longer_by in range(TRIES_FOR_AN_ID):
            drawn = session.factory.stranger_id(known[0].known_id, longer_by)
            exchange = session.run(session.api.read(drawn))
            if exchange.status != 200 or user_of(exchange.answer, session.profile) is None:
                break
        unknown = has_status(session.profile.answers.unknown)
        session.scenario.check(exchange, unknown, rule="read-404", attempted="looking for an id that nobody has")
        return drawn

    def safe_id(self, what: str) -> str:
        """Return an id of some kind to change or delete; raises Inconclusive where a stranger has it."""
        session = self._session
        wanted = self.unknown_id(what)
        shown = user_of(session.run(session.api.read(wanted)).answer, session.profile)
        if shown is not None and shown.id not in {actor.id for actor in session.scenario.users}:
            raise Inconclusive(f"{wanted!r} was thought to be nobody's id, but user {on_one_line(shown.id)} has it")
        return wanted

    def unknown_id(self, what: str) -> str:
        """Return an id that nobody has, of some kind."""
        scene = self._session.scenario
        ids: Mapping[str, Callable[[], str]] = {
            "an id that was never assigned": self.stranger_id,
            "a word": lambda: f"nobody-{self._session.mark}",
            "Ada's id after a minus sign": lambda: f"-{scene.actor('Ada').known_id}",
            "25 digits": lambda: "9" * 25,
            "200 letters": lambda: "x" * 200,
            "an emoji": lambda: "🦉",
            "Ada's id plus one character": lambda: scene.actor("Ada").known_id + "x",
            "an SQL expression": lambda: "' OR '1'='1",
            "the word constructor": lambda: "constructor",
        }
        return ids[what]()

    def unknown_address(self, what: str) -> str:
        """Return something to look up that is nobody's address."""
        email = self._session.scenario.actor("Ada").new_user.email
        local, domain = email.split("@")
        return {
            "an unknown email": self._session.factory.new_user().email,
            "the beginning of Ada's email": email[:-4],
            "the domain of Ada's email": domain,
            "Ada's email with a percent sign": f"%{local[3:]}@{domain}",
            "Ada's email with an underscore": f"_{local[1:]}@{domain}",
            "Ada's email with an asterisk": f"{local[:3]}*@{domain}",
            "the local part of Ada's email": local,
            "Ada's name": self._session.scenario.actor("Ada").new_user.name,
            "Ada's email without its dots": f"{local.replace('.', '')}@{domain}",
        }[what]
