"""Creates whose outcome is in doubt, and ids that a target gives again: all users of the run are found, no others."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from support.errors import ContractViolation
from support.http.loop import LoopThread
from support.models import Answer, Call, Failure, NewUser
from support.tests.cleanup.fake import Stand, answered
from support.tests.http.fake import LOST

MANY = 99
FOREIGN = "new@elsewhere.example"


def only(method: str, outcome: Callable[[], Answer | Failure]) -> Callable[[Call], Answer | Failure | None]:
    """Return what answers the calls of one method."""
    return lambda call: outcome() if call.method == method else None


class TestIdsGivenAgain:
    """A target that counts up from its highest id gives the id of a deleted user to the next one."""

    def test_a_user_with_a_changed_email_who_is_not_deleted_is_no_other_user(self, stand: Stand) -> None:
        stand.create()
        stand.change("1", f"changed@{stand.mark}.example.com")
        stand.users.shown_after_deletion = 10**9
        message = stand.left_behind()
        assert message.startswith("1 user")
        assert "still there" in message

    def test_the_next_user_stays_while_they_are_needed(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path / "full", loop, most=2)
        stand.create()
        stand.client.execute(stand.api.delete("1"))
        following = stand.new_user()
        stand.users.intercept = only(
            "POST", lambda: answered(201, stand.users.users[stand.users.add(following.name, following.email, "1")])
        )
        stand.registry.start_deleting(at_least=MANY)
        stand.create(following)
        stand.registry.make_room(1)
        assert stand.registry.ledger.counts().gone == 1
        assert set(stand.users.users) == {"1"}
        stand.prove()
        assert stand.users.users == {}
        stand.journal.close()

    def test_the_next_user_is_known_by_the_id_also_with_an_email_that_was_shown_under_it(self, stand: Stand) -> None:
        stand.create()
        changed = stand.new_user()
        stand.change("1", changed.email)
        stand.client.execute(stand.api.read("1"))
        stand.client.execute(stand.api.delete("1"))
        stand.users.last_id = 0
        stand.create(changed)
        assert stand.registry.ledger.records[-1].ids == {"1"}
        stand.prove()
        assert stand.users.users == {}

    @pytest.mark.parametrize("lost", [0, 1, 3], ids=["answered at once", "at the second attempt", "never"])
    def test_a_foreign_user_with_the_id_stays(self, stand: Stand, lost: int) -> None:
        stand.create()
        stand.client.execute(stand.api.read("1"))
        stand.users.lost = {"DELETE": lost}
        stand.client.execute(stand.api.delete("1"))
        stand.users.lost = {}
        deleted = len(stand.users.asked("DELETE"))
        stand.users.add("Guest", "guest@elsewhere.example", "1")
        stand.prove()
        assert set(stand.users.users) == {"1"}
        assert len(stand.users.asked("DELETE")) == deleted
        assert stand.states() == {}

    @pytest.mark.parametrize("outcome", [LOST, answered(503), answered(429)], ids=["lost", "503", "429"])
    def test_a_foreign_user_who_got_the_id_between_two_attempts_stays(
        self, stand: Stand, outcome: Answer | Failure
    ) -> None:
        stand.create()
        stand.client.execute(stand.registry.api.read("1"))

        def give_again() -> Answer | Failure:
            stand.users.add("Guest", "guest@elsewhere.example", "1")
            return outcome

        stand.users.intercept = only("DELETE", give_again)
        exchange = stand.client.execute(stand.registry.api.delete("1"))
        assert exchange.undecided
        assert stand.users.asked("DELETE") == ["1"]
        stand.prove()
        assert stand.users.asked("DELETE") == ["1"]
        assert set(stand.users.users) == {"1"}

    @pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
    def test_a_foreign_user_who_got_an_unknown_id_between_two_calls_stays(self, stand: Stand, method: str) -> None:
        call = stand.registry.api.call(method, stand.registry.api.url_of("1"))
        assert stand.client.execute(stand.registry.api.send(call)).status == 404
        stand.users.add("Guest", "guest@elsewhere.example", "1")
        with pytest.raises(ContractViolation):
            stand.client.execute(stand.registry.api.send(call))
        assert stand.users.asked(method) == ["1"]

    @pytest.mark.parametrize("looks", [0, 2])
    def test_a_user_of_the_run_who_moves_to_the_id_of_another_is_deleted_there(self, stand: Stand, looks: int) -> None:
        """Some APIs let an update change an id to one that is taken."""
        stand.create()
        stand.create()
        stand.users.shown_after_deletion = looks

        def move(_: Call) -> None:
            if "1" not in stand.users.users and "2" in stand.users.users:
                stand.users.users["1"] = {**stand.users.users.pop("2"), "id": "1"}

        stand.users.intercept = move
        stand.prove()
        assert stand.users.users == {}
        assert stand.states() == {}


class TestInDoubt:
    def test_a_user_is_found_whose_create_got_no_answer(self, stand: Stand) -> None:
        """The API could not be searched, and so only the intent was known."""
        stand.users.lost = {"POST": 1}
        stand.users.intercept = only("GET", lambda: answered(404, {}))
        assert stand.create().answer is None
        assert len(stand.users.users) == 1
        assert "id unknown  ada.1@" in (message := stand.left_behind())
        assert "the email cannot be looked up" in message
        stand.users.intercept = lambda _: None
        stand.prove()
        assert stand.users.users == {}
        assert stand.states() == {}

    @pytest.mark.parametrize(("method", "status"), [("POST", 422), ("PUT", 404)])
    def test_a_user_is_found_who_was_created_despite_a_refusal(self, stand: Stand, method: str, status: int) -> None:
        user = stand.new_user()
        stand.users.intercept = only(method, lambda: answered(status, {"x": stand.users.add(user.name, user.email)}))
        if method == "POST":
            stand.create(user)
        else:
            call = stand.api.put_call("77", {"email": user.email})
            stand.client.execute(stand.registry.change(call, user.email))
        assert len(stand.users.users) == 1
        stand.prove()
        assert stand.users.users == {}

    def test_a_user_whom_another_request_with_the_email_created_is_no_answer(self, stand: Stand) -> None:
        new_user, tries = stand.new_user(), itertools.count()

        def answer(call: Call) -> Answer | None:
            if call.method != "POST":
                return None
            if next(tries) == 0:  # meanwhile, the other request is answered
                stand.users.intercept = lambda _: None
                stand.create(new_user)
                stand.users.intercept = answer
            return answered(500)

        stand.users.intercept = answer
        exchange = stand.create(new_user)
        assert (exchange.status, exchange.adopted) == (500, False)
        stand.users.intercept = lambda _: None
        stand.prove()
        assert stand.users.users == {}

    @pytest.mark.parametrize("email", ["{}", "second.{}"], ids=["a duplicate", "an email that nothing asked for"])
    def test_another_user_with_the_mark_is_found(self, stand: Stand, email: str) -> None:
        user = stand.new_user()
        stand.create(user)
        stand.users.add("Ada", email.format(user.email))
        stand.prove()
        assert stand.users.users == {}


class TestWithoutEmail:
    """A create that names no email cannot be looked up by it: the list says whether it has created a user."""

    @staticmethod
    def create_in_doubt(stand: Stand, appears: str | None, name: str = "", appears_as: str = "Grace") -> int:
        """Answer a create by 503 once, while a user appears; return how many POSTs were sent."""
        stand.users.add("Guest", "guest@elsewhere.example")
        answers = iter([answered(503), answered(422, {})])

        def answer() -> Answer:
            if appears and len(stand.users.asked("POST")) == 1:
                stand.users.add(appears_as, appears)
            return next(answers)

        stand.users.intercept = only("POST", answer)
        stand.create(NewUser(name, ""))
        return len(stand.users.asked("POST"))

    @pytest.mark.parametrize(
        ("appears", "name", "appears_as", "sent"),
        [
            (None, "", "", 2),
            ("other@{}.example.com", "", "Grace", 2),
            (FOREIGN, "", "Grace", 1),
            (FOREIGN, "Ada", "Grace", 2),
            (FOREIGN, "Ada", "Ada", 1),
            (FOREIGN, "Ada", " ADA ", 1),
            (FOREIGN, "Ada", "", 1),
        ],
        ids=[
            "no new user",
            "one of ours",
            "a foreign user",
            "another name",
            "the name",
            "the name in capitals",
            "none",
        ],
    )
    def test_it_is_sent_again_only_if_no_new_user_may_be_its_own(
        self, stand: Stand, appears: str | None, name: str, appears_as: str, sent: int
    ) -> None:
        email = appears and appears.format(stand.mark)
        assert self.create_in_doubt(stand, email, name, appears_as) == sent

    def test_a_user_of_unknown_owner_is_named_and_not_touched(self, stand: Stand) -> None:
        self.create_in_doubt(stand, appears=FOREIGN)
        stand.registry.confirm_gone()
        assert "id unknown  (no email): its create may have created a user" in stand.left_behind()
        assert len(stand.users.users) == 2
        assert stand.users.asked("DELETE") == []

    def test_so_is_a_possible_user_if_the_list_cannot_be_read(self, stand: Stand) -> None:
        stand.users.intercept = lambda call: answered(504) if call.method == "POST" else answered(403, {})
        stand.create(NewUser("", ""))
        assert "id unknown  (no email): its create may have created a user" in stand.left_behind()

    def test_so_is_a_possible_user_although_a_later_attempt_was_refused(self, stand: Stand) -> None:
        answers = iter([answered(504), answered(422, {})])

        def answer() -> Answer:
            if len(stand.users.asked("POST")) == 2:
                stand.users.add("Grace", FOREIGN)
            return next(answers)

        stand.users.intercept = only("POST", answer)
        assert stand.create(NewUser("", "")).status == 422
        assert "id unknown  (no email)" in stand.left_behind()

    @pytest.mark.parametrize(
        "outcome", [answered(500), Failure("connection refused", False, 0.0)], ids=["a fault", "not connected"]
    )
    def test_no_user_is_missed_if_the_list_shows_no_new_one(self, stand: Stand, outcome: Answer | Failure) -> None:
        stand.users.intercept = only("POST", lambda: outcome)
        stand.create(NewUser("", ""))
        stand.prove()
        assert stand.states() == {}

    @pytest.mark.parametrize(
        ("guests", "needed", "appears", "is_clean"),
        [(3, 0, False, True), (3, 0, True, False), (5, 0, False, False), (4, 1, False, True), (0, 0, False, True)],
        ids=["nobody new", "a new user", "a list that may be cut", "a list with our user", "an empty list"],
    )
    def test_an_answer_with_2xx_and_no_user_created_nobody_if_a_whole_list_shows_it(
        self, stand: Stand, guests: int, needed: int, appears: bool, is_clean: bool
    ) -> None:
        for number in range(guests):
            stand.users.add("Guest", f"guest-{number}@elsewhere.example")
        for _ in range(needed):
            stand.create()

        def answer() -> Answer:
            if appears:
                stand.users.add("", "")
            return answered(200, [])

        listed = set(stand.users.users)
        stand.users.intercept = only("POST", answer)
        stand.create(stand.new_user(name=""), listed=listed)
        if is_clean:
            stand.prove()
        else:
            assert "the create succeeded, but neither its answer nor a look-up" in stand.left_behind()

    def test_a_user_who_changed_to_an_email_is_not_the_one_who_signs_up_with_it(self, stand: Stand) -> None:
        stand.create()
        changed = stand.new_user(email=f"changed@{stand.mark}.example.com")
        stand.change("1", changed.email)
        answers = iter([answered(504), answered(409, {})])
        stand.users.intercept = only("POST", lambda: next(answers))
        assert stand.create(changed).status == 409


class TestTooManyRequests:
    """A 429 may come after the work as well: the user is looked up before the create is sent again."""

    def test_a_user_who_was_created_all_the_same_is_not_created_twice(self, stand: Stand) -> None:
        user = stand.new_user()

        def create() -> Answer:
            stand.users.add(user.name, user.email)
            return answered(429)

        stand.users.intercept = only("POST", create)
        assert stand.create(user).adopted
        assert len(stand.users.asked("POST")) == 1

    def test_a_user_who_shows_after_the_last_one_is_found_in_the_end(self, stand: Stand) -> None:
        user = stand.new_user()
        stand.users.intercept = only("POST", lambda: answered(429))
        assert stand.create(user).status == 429
        user_id = stand.users.add(user.name, user.email)
        stand.prove()
        assert user_id not in stand.users.users
