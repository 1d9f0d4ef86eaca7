"""The ownership check: an API that gives other users' ids must not make the suite change or delete those users."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from support.errors import ContractViolation, SuiteError
from support.http.users_api import permit_none
from support.models import Answer, Call, NewUser
from support.tests.cleanup.fake import URL, Stand, answered


@pytest.fixture
def foreign(stand: Stand) -> str:
    """The id of a user who is not the run's."""
    return stand.users.add("Guest", "guest@elsewhere.example")


def answer_creates_with(stand: Stand, user_id: str) -> None:
    """Answer every create with this id, under the new user's name."""

    def intercept(call: Call) -> Answer | None:
        if call.method != "POST":
            return None
        created = {**json.loads(call.body or b"{}"), "id": user_id, "createdAt": "2024-05-06T07:08:09Z"}
        return answered(201, created)

    stand.users.intercept = intercept


def unreadable(stand: Stand, status: int) -> None:
    """Refuse every read of one user."""
    stand.users.intercept = lambda call: (
        answered(status, {}) if call.method == "GET" and stand.users.id_in(call) else None
    )


class TestForeignIds:
    def test_a_user_without_our_mark_is_not_deleted(self, stand: Stand, foreign: str) -> None:
        answer_creates_with(stand, foreign)
        stand.create()
        stand.registry.confirm_gone()
        assert f"an answer gave {foreign} for this user" in stand.left_behind()
        assert foreign in stand.users.users
        assert stand.users.asked("DELETE") == []

    def test_nor_is_a_user_who_cannot_be_read(self, stand: Stand, foreign: str) -> None:
        answer_creates_with(stand, foreign)
        stand.create()
        unreadable(stand, 500)
        stand.left_behind()
        assert foreign in stand.users.users
        assert stand.users.asked("DELETE") == []

    @pytest.mark.parametrize(("name", "email"), [("", "ada@{}.example.com"), ("Guest", ""), ("", "")])
    def test_nor_is_a_user_who_was_listed_before(self, stand: Stand, foreign: str, name: str, email: str) -> None:
        answer_creates_with(stand, foreign)
        stand.create(NewUser(name, email.format(stand.mark)), listed={foreign})
        stand.prove()
        assert foreign in stand.users.users

    @pytest.mark.parametrize(("view", "rule"), [("list", "list"), ("look-up", "filter-email")])
    def test_nor_is_a_user_whom_a_view_shows_with_our_email(
        self, stand: Stand, foreign: str, view: str, rule: str
    ) -> None:
        ours = stand.new_user()

        def intercept(call: Call) -> Answer | None:
            is_wrong = call.method == "GET" and (call.url == URL if view == "list" else "?" in call.url)
            return answered(200, [{**stand.users.users[foreign], "email": ours.email}]) if is_wrong else None

        stand.users.lost = {"POST": 1}
        stand.users.intercept = intercept
        stand.create(ours)
        stand.prove_or_not()
        assert foreign in stand.users.users
        assert foreign not in stand.users.asked("DELETE")
        with pytest.raises(ContractViolation) as caught:
            stand.registry.ownership.check_answers()
        assert caught.value.rule == rule

    def test_nor_are_users_whom_a_filter_shows_that_is_ignored(self, stand: Stand) -> None:
        foreign_ids = {stand.users.add(f"Guest {n}", f"foreign{n}@elsewhere.example") for n in range(3)}
        stand.users.lost = {"POST": 1}
        stand.users.intercept = lambda call: (
            answered(200, list(stand.users.users.values())) if call.method == "GET" and "?" in call.url else None
        )
        stand.create()
        stand.prove()
        assert set(stand.users.users) == foreign_ids

    def test_a_user_whose_id_a_create_gave_is_not_changed(self, stand: Stand, foreign: str) -> None:
        before = dict(stand.users.users[foreign])
        answer_creates_with(stand, foreign)
        stand.create()
        for call in (
            stand.api.patch_call(foreign, {}),
            stand.api.put_call(foreign, {}),
            stand.api.delete_call(foreign),
        ):
            with pytest.raises(ContractViolation) as caught:
                stand.client.execute(stand.registry.api.send(call))
            assert caught.value.rule == "create-201"
        assert stand.users.users[foreign] == before
        assert not {"PATCH", "PUT", "DELETE"} & {method for method, _ in stand.users.calls}

    @pytest.mark.parametrize("has_our_email", [False, True])
    def test_a_user_who_existed_before_the_run_is_never_changed(self, stand: Stand, has_our_email: bool) -> None:
        email = stand.new_user().email if has_our_email else "guest@elsewhere.example"
        existing = stand.users.add("Guest", email)
        stand.registry.ledger.existing |= {existing}
        answer_creates_with(stand, existing)
        stand.create()
        with pytest.raises(ContractViolation, match="was there before this run began"):
            stand.client.execute(stand.registry.api.patch(existing, {"name": "Mallory"}))
        stand.prove_or_not()
        assert stand.users.users[existing]["name"] == "Guest"

    def test_no_user_is_changed_outside_a_run(self, stand: Stand) -> None:
        with pytest.raises(SuiteError, match="is not sent"):
            stand.client.execute(replace(stand.api, permit=permit_none).delete("1"))


class TestProof:
    def test_a_user_who_cannot_be_read_is_ours_by_the_answer_to_the_create(self, stand: Stand) -> None:
        stand.create()
        unreadable(stand, 403)
        stand.prove_or_not()
        assert stand.users.users == {}

    @pytest.mark.parametrize("email", ["@", "@@", "ada@", "@example.com", "ada"])
    def test_a_user_whose_email_is_none_is_ours_by_the_mark_in_the_name(self, stand: Stand, email: str) -> None:
        stand.create(NewUser(f"Ada {stand.mark}", email))
        stand.prove()
        assert stand.users.users == {}

    def test_an_id_that_a_read_shows_to_be_free_may_be_named(self, stand: Stand) -> None:
        assert stand.client.execute(stand.registry.api.patch("77", {"name": "Grace"})).status == 404


class TestSharedProof:
    """The requests of a race share a proof; cleanup, which may delete others meanwhile, does not."""

    @pytest.mark.parametrize(("is_in_use", "is_shared"), [(True, True), (False, False)])
    def test_only_that_of_a_user_in_use_is_shared(self, stand: Stand, is_in_use: bool, is_shared: bool) -> None:
        user_id = json.loads(stand.create().answer.body)["id"]  # type: ignore[union-attr]
        stand.client.execute(stand.registry.ownership.read_own(user_id))
        if not is_in_use:
            stand.registry.start_deleting(at_least=100)
        ownership = stand.registry.ownership
        with ownership.sharing_proofs():
            stand.client.execute(ownership.permit(stand.api.delete_call(user_id)))
            assert ownership.is_proven(user_id) is is_shared
        assert not ownership.is_proven(user_id)


class TestInventedUsers:
    """A create of `{}` that a faulty API accepts: only the list from before shows whose user it is."""

    @staticmethod
    def invent(
        stand: Stand, listed: set[str] | None = None, readable: bool = True, name: str = "", email: str = ""
    ) -> None:
        def intercept(call: Call) -> Answer | None:
            if call.method == "POST":
                return answered(201, stand.users.users[stand.users.add(name, email)])
            return None if readable or stand.users.id_in(call) else answered(403, {})

        stand.users.intercept = intercept
        stand.create(NewUser("", ""), listed=listed)

    @pytest.mark.parametrize(
        ("listed", "name"),
        [(set(), ""), (None, ""), (None, "Mallory {}")],
        ids=["the list was read", "the list is read now", "the name has the mark"],
    )
    def test_a_new_user_is_ours(self, stand: Stand, listed: set[str] | None, name: str) -> None:
        self.invent(stand, listed=listed, name=name.format(stand.mark))
        stand.prove()
        assert stand.users.users == {}

    @pytest.mark.parametrize(("name", "email"), [("Invented", ""), ("", "invented@elsewhere.example")])
    def test_one_with_a_name_or_an_email_has_no_known_owner_and_is_named(
        self, stand: Stand, name: str, email: str
    ) -> None:
        self.invent(stand, listed=set(), name=name, email=email)
        assert "1  (no email)" in stand.left_behind().replace("id unknown", "1")
        assert set(stand.users.users) == {"1"}

    def test_one_who_may_have_existed_before_is_not_touched_but_named(self, stand: Stand) -> None:
        self.invent(stand, readable=False)
        assert "(no email)" in stand.left_behind()
        assert set(stand.users.users) == {"1"}
