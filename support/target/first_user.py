"""The preflight of a run: one user, from sign-up to gone, in at most ten requests beside those that clean up.

It ends the run with one line where the settings or the profile keep the suite from judging the target. A broken rule is
left to the scenarios, and so is what the profile excuses.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, NoReturn

from support import statuses
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.contract.matchers import body_of
from support.contract.normalizers import listed, names_one_user, user_of, users_of
from support.errors import ContractViolation, LeftBehind, SettingsError, SuiteError, TargetDown, number_of
from support.escaping import on_one_line
from support.http.reading import document_of
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import Exchange, NewUser
from support.profile import Profile
from support.profile_answers import Names
from support.target import diagnosis
from support.target.diagnosis import asked, draft, is_page, saying, user_shown

CLEANUP_S = 4.0
MOST_ELSEWHERE, PATIENCE_S = 3, 4.0


class FirstUser:
    """Plays the preflight with the user of a run; `learned` are remarks for the summary of the run."""

    def __init__(self, client: SessionClient, registry: Registry) -> None:
        self._client, self._registry = client, registry
        self._new_user = NewUser("Ada Lovelace", f"ada.lovelace@{registry.mark}.example.com")
        self._email = self._new_user.email.lower()
        self._created: Exchange | None = None
        self.learned: list[str] = []

    @property
    def _api(self) -> UsersApi:
        return self._registry.api

    @property
    def _profile(self) -> Profile:
        return self._api.profile

    def play(self, listed_first: Exchange | None) -> None:
        """Play all steps after the list was read, if there is one; raises SettingsError or TargetDown with one line."""
        if listed_first is not None:
            self._check_list(listed_first)
        with contextlib.suppress(ContractViolation):  # a scenario will find it too
            self._create(listed_first)
            user_id = self._id()
            if user_id is not None and self._read(user_id):
                self._look_for(user_id)
                self._change(user_id)
                self._delete(user_id)
        self._registry.start_deleting()

    def clean_up_after(self, error: BaseException) -> BaseException:
        """Delete the user after an error that ends the run; return the error, which says who stays."""
        try:
            if self._registry.ledger.records:
                self._registry.prove_nothing_is_left(CLEANUP_S)
        except LeftBehind:
            stays = f"One user may stay until the next run deletes them, or you do: {self._registry.ledger.alive[0]}"
            return type(error)(f"{error} {stays}") if isinstance(error, SuiteError) else LeftBehind(stays)
        self._registry.ledger.close()
        return error

    def _check_list(self, first: Exchange) -> None:
        """Refuse a target that shows no list, unless it shows a page: scenarios then find what is wrong with it."""
        why = diagnosis.why_no_list(first, self._profile)
        if why is None:
            return
        if self._profile.capabilities.pages and statuses.is_success(first.status):
            page = self._client.run(self._api.page(1, 1))
            if listed(page.answer, self._profile) is not None:
                return
        raise SettingsError(why)

    # Sign-up

    def _create(self, first: Exchange | None) -> None:
        ids = {user.id for user in users_of(first.answer if first is not None else None, self._profile)}
        call = self._api.create_call(self._new_user.as_json())
        create = self._registry.create(call, self._new_user.email, self._new_user.name, ids)
        self._created = created = self._client.run(create)
        if created.status is None:
            raise TargetDown(f"{asked(created)}; {diagnosis.tries(created)}. Check that the API is up.")
        if not statuses.is_success(created.status):
            self._refuse(created, "create")

    def _refuse(self, exchange: Exchange, table: str) -> NoReturn:
        why = diagnosis.why_refused(exchange, self._api.url, self._sent_fields, table)
        raise (TargetDown if (exchange.status or 0) >= 500 else SettingsError)(why)

    @property
    def _sent_fields(self) -> Mapping[str, str]:
        names, others = self._profile.names, (self._profile.create, self._profile.update, self._profile.patch)
        return {**{key: key for fields in others for key in fields}, "name": names.name, "email": names.email}

    def _id(self) -> str | None:
        """Return the new user's id; raises SettingsError if create and list show the user only by other field names."""
        assert self._created is not None
        offers = self._profile.capabilities
        views = [self._api.list()] if offers.list else [self._api.find(self._email)] if offers.email_filter else []
        answer = next((self._client.run(view).answer for view in views), None)
        entries = listed(answer, self._profile) or []
        in_list = next(filter(None, (user_shown(entry, self._new_user) for entry in entries)), None)
        own = next((user for user in users_of(answer, self._profile) if user.email == self._email), None)
        self._is_shown = own is not None
        if entries and in_list is None and own is None:
            shows = "the list shows" if offers.list else "a search by email finds"
            self.learned.append(f"{shows} {number_of(len(entries), 'user')}, the new one not among them")
        user = user_of(self._created.answer, self._profile)
        if user is not None and user.email == self._email:
            return user.id
        if own is not None:  # only the answer to create is wrong
            self._registry.ledger.note_created(self._registry.ledger.records[-1], own, source="list")
            return own.id
        in_create = user_shown(document_of(self._created.answer), self._new_user)
        shown = in_list or in_create
        if shown is not None and (different := shown.differences(self._profile)):
            self._adapt(different | ({"user_pointer": in_create.pointer} if in_create and in_create.pointer else {}))
        if in_create is not None and names_one_user(shown_id := str(in_create.fields[in_create.names["id"]])):
            return shown_id
        return next(iter(self._registry.ledger.records[-1].ids), None)

    def _adapt(self, names: Mapping[str, str], user_id: str | None = None) -> NoReturn:
        """Let cleanup use these names of fields; raises SettingsError, which says that the profile needs them."""
        known: dict[str, Any] = {key: name for key, name in names.items() if hasattr(self._profile.names, key)}
        profile = replace(self._profile, names=replace(self._profile.names, **known))
        self._registry.switch_api(replace(self._api, profile=profile))
        if user_id is not None:
            ledger, record = self._registry.ledger, self._registry.ledger.records[-1]
            ledger.drop_ids(record, set(record.ids))
            ledger.add_ids(record, [user_id])
        wanted = ", ".join(f'{key} = "{name}"' for key, name in names.items())
        shown = ", ".join(dict.fromkeys(on_one_line(name) for name in names.values()))
        raise SettingsError(
            f"{self._api.url}: answers do not show users as the profile '{self._profile.name}' says: "
            f"they have {shown}. Set {wanted} under [names] {draft(self._api.url)}."
        )

    # Read, look for, change, delete

    def _read(self, user_id: str) -> bool:
        """Return whether a read shows the user; raises SettingsError if they are elsewhere, or have no email there."""
        read = self._client.run(self._api.read(user_id))
        user = user_of(read.answer, self._profile)
        if read.status == 200 and user is not None and user.email == self._email:
            self._check_names(read)
            self.learned += diagnosis.other_forms(body_of(read.answer)[0], self._profile)
            self._learn_of_reads(user_id, read)
            return True
        shown = user_shown(document_of(read.answer), self._new_user)
        if shown is not None and shown.pointer:
            self._adapt({"user_pointer": shown.pointer, **shown.differences(self._profile)}, user_id)
        if not statuses.is_success(read.status):
            self._look_elsewhere(user_id, read)
        elif user is not None and user.id == user_id and not user.email:
            raise SettingsError(
                f"GET {read.call.url} shows no email, by which the suite tells its own users from others. Set email "
                f"under [names], or the parameters that make it show one under [query], {draft(self._api.url)}."
            )
        return False

    def _check_names(self, read: Exchange) -> None:
        """Raise SettingsError if no answer shows a field by the profile's own name; scenarios judge the other names."""
        names, usual = self._profile.names, Names()
        bodies = [body_of(one.answer)[0] for one in (self._created, read) if one is not None]
        shown = {field for body in bodies if isinstance(body, Mapping) for field in names.to_contract(body)}
        wanted = {"name": "name", **({} if self._profile.shape.created_at is False else {"created_at": "createdAt"})}
        for key, field in wanted.items():
            if getattr(names, key) != getattr(usual, key) and field not in shown:
                raise SettingsError(
                    f"neither the answer to the create nor GET {read.call.url} shows {getattr(names, key)}, which the "
                    f"profile '{self._profile.name}' names for {field}. Correct {key} under [names] "
                    f"{draft(self._api.url)}."
                )

    def _learn_of_reads(self, user_id: str, read: Exchange) -> None:
        if read.answer is not None and (tag := read.answer.header("ETag")):
            self.learned.append(f"a read has an ETag ({'weak' if tag.startswith('W/') else 'strong'})")
        if self._profile.capabilities.head:
            head = self._client.run(self._api.head(user_id))
            self.learned.append(f"HEAD gives {head.status or 'no answer'} where GET gives {read.status}")

    def _look_elsewhere(self, user_id: str, read: Exchange) -> None:
        """Read the user by another URL; raises SettingsError if they are there, or if no read can show them."""
        assert self._created is not None
        for url in islice(diagnosis.elsewhere(self._api, self._created, self._new_user, user_id), MOST_ELSEWHERE):
            found = self._client.run(self._api.send(self._api.call("GET", url)))
            shown = user_shown(document_of(found.answer), self._new_user) if found.status == 200 else None
            if shown is None:
                continue
            if (other := self._api.id_in(url)) in (None, user_id):
                self._adapt_paths(url, user_id, read)
            name = next((key for key, value in shown.fields.items() if str(value) == other), None)
            if name == self._profile.names.id:  # only the answer to create is wrong
                return
            if other is not None and name is not None:
                self._adapt({"id": name}, other)
        if (why := diagnosis.why_unread(read, self._api.url)) is not None:
            raise SettingsError(why)
        if read.status in self._profile.answers.unknown and self._is_found() and self._stays_unread(user_id):
            raise SettingsError(diagnosis.why_unread(read, self._api.url, PATIENCE_S) or "")

    def _is_found(self) -> bool:
        """Whether the list or a search by email shows the user."""
        if self._is_shown or not self._profile.capabilities.email_filter:
            return self._is_shown
        found = self._client.run(self._api.find(self._new_user.email))
        return any(user.email == self._email for user in users_of(found.answer, self._profile))

    def _stays_unread(self, user_id: str) -> bool:
        """Whether no read shows the user for a while: the suite could then tell nobody's users from its own."""
        for wait_s in PollPolicy(first_s=0.1, cap_s=1.0, deadline_s=PATIENCE_S).waits():
            time.sleep(wait_s)
            if self._client.run(self._api.read(user_id)).status == 200:
                return False
        return True

    def _adapt_paths(self, url: str, user_id: str, read: Exchange) -> None:
        """Let cleanup use URLs of single users like this one; raises SettingsError, which says so, if it has the id."""
        is_slash, item = url.rstrip("/") == read.call.url.rstrip("/"), diagnosis.item_in(url, user_id, self._api.url)
        if not is_slash and item is None:
            return
        changed: dict[str, Any] = {"item_slash": url.endswith("/")} if is_slash else {"item": item}
        slash, paths = self._profile.trailing_slash and not is_slash, replace(self._profile.paths, **changed)
        profile = replace(self._profile, trailing_slash=slash, paths=paths)
        self._registry.switch_api(replace(self._api, profile=profile))
        where = ", ".join(f"{key} = {json.dumps(value)}" for key, value in changed.items())
        raise SettingsError(
            f"{asked(read)}, and {url} shows the user. Set {where} under [paths] {draft(self._api.url)}."
        )

    def _look_for(self, user_id: str) -> None:
        if not self._profile.capabilities.email_filter:
            return
        found = self._client.run(self._api.find(self._new_user.email))
        ids = [user.id for user in users_of(found.answer, self._profile)]
        if ids != [user_id]:
            others = number_of(len(ids) - ids.count(user_id), "other user")
            beside = f"the new user {number_of(ids.count(user_id), 'time')} and {others}"
            instead = "no user" if not ids else beside if user_id in ids else f"{others} instead of the new one"
            self.learned.append(f"?{self._profile.names.email_filter}= finds {instead}")

    def _change(self, user_id: str) -> None:
        """Change the name by each method that the profile says is offered; raises SettingsError if one is not."""
        names = {"name": "Augusta Lovelace"}
        for method, fields in (("PATCH", names), ("PUT", {**names, "email": self._new_user.email})):
            if not getattr(self._profile.capabilities, method.lower()) or self._is_excused(method.lower()):
                continue
            call = self._api.call(method, self._api.url_of(user_id), fields=fields)
            changed = self._client.run(self._registry.change(call, fields.get("email")))
            self._check_change(changed, method)

    def _check_change(self, changed: Exchange, method: str) -> None:
        lost = changed.status == 404 and is_page(changed.answer)
        if changed.status in statuses.NOT_OFFERED or lost:
            off = f"{method.lower()} = false under [capabilities]"
            raise SettingsError(
                f"{asked(changed)}: if the API does not offer {method}, set {off} {draft(self._api.url)}."
            )
        if changed.status in (401, 403):
            raise SettingsError(f"{asked(changed)}, though POST is allowed. Use a TOKEN that may change users.")
        lacks = changed.status in (400, 422) and diagnosis.wanted_in(changed, self._sent_fields)
        if changed.status in (415, 428) or lacks:
            self._refuse(changed, "patch" if method == "PATCH" else "update")

    def _delete(self, user_id: str) -> None:
        """Delete the user and see them gone; raises SettingsError or TargetDown if the target deletes nobody."""
        deleted = self._client.run(self._api.delete(user_id))
        read = self._client.run(self._api.read(user_id))
        stays = read.status == 200 and not statuses.is_success(deleted.status)
        if not stays or self._is_excused("delete"):
            return
        if deleted.status == statuses.TOO_MANY_REQUESTS:
            raise TargetDown(diagnosis.why_limited(deleted))
        if deleted.status is None or (deleted.status >= 500 and deleted.status not in statuses.NOT_OFFERED):
            stayed = f"and the user stays; {diagnosis.tries(deleted)}"
            raise TargetDown(f"{asked(deleted)}{saying(deleted.answer)}, {stayed}. Check that the API is up.")
        raise SettingsError(
            f"{asked(deleted)}{saying(deleted.answer)}, and the user stays: the suite could delete nobody. Use a TOKEN "
            "that may delete users, or set what DELETE needs under [query]; an API without DELETE cannot be tested."
        )

    def _is_excused(self, rule: str) -> bool:
        """Whether the profile knows that the target breaks a rule."""
        return any(known.rule == rule for known in self._profile.deviations)
