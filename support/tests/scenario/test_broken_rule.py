"""Which rule is named: the one that is broken, whatever the scenario is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.errors import ContractViolation
from support.models import Attempt
from support.scenario import (
    accounts,
    answers,
    bursts,
    deletion_races,
    email_races,
    many_emails,
    many_values,
    outcomes,
    races,
    robustness,
)
from support.scenario.context import ScenarioContext
from support.scenario.session import Session
from support.scenario.value_classes import rounds_with_wildcards, users_with_letters_for_wildcards, users_with_names
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, settings_for

Play = Callable[[ScenarioContext], None]


@contextmanager
def defective(folder: Path, defect: str) -> Iterator[Session]:
    """Open a session on an embedded API with a defect."""
    api = EmbeddedApi(["--defect", defect])
    session = Session(settings_for(folder, delete_deadline_s=3.0), api.target)
    try:
        yield session
    finally:
        session.close()
        api.close()


def rule_named(session: Session, rule: str, play: Play) -> str:
    """Play in a scenario of a rule; return the rule that turns out to be broken."""
    session.begin(rule)
    session.scenario.attempted = "something happens"
    with pytest.raises(ContractViolation) as caught:
        play(session.scenario)
    return caught.value.rule


def race_of_sign_ups(scenario: ScenarioContext) -> None:
    email_races.sign_up_with_one_email(scenario, "one email")
    races.check_rounds(scenario)


def race_of_changes(scenario: ScenarioContext) -> None:
    email_races.change_to_one_email(scenario, "PATCH")
    races.check_rounds(scenario)


def race_of_replacements(scenario: ScenarioContext) -> None:
    email_races.change_to_one_email(scenario, "PUT")
    races.check_rounds(scenario)


def race_of_sign_up_and_deletion(scenario: ScenarioContext) -> None:
    email_races.sign_up_during_deletion(scenario)
    races.check_rounds(scenario)


def race_of_deletions(scenario: ScenarioContext) -> None:
    deletion_races.delete_at_once(scenario)
    races.check_rounds(scenario)


def race_of_update_and_deletion(scenario: ScenarioContext) -> None:
    deletion_races.change_during_deletion(scenario, "PATCH")
    races.check_rounds(scenario)


def race_of_two_fields(scenario: ScenarioContext) -> None:
    races.change_both_fields(scenario)
    races.check_rounds(scenario)


def burst(scenario: ScenarioContext) -> None:
    bursts.sign_up(scenario, 20)
    bursts.check_each_created(scenario)
    bursts.check_each_shown(scenario)
    bursts.check_each_listed(scenario)


def changes_to_a_taken_email(scenario: ScenarioContext) -> None:
    ada, grace = (accounts.become_user(scenario, scenario.actor(name)) for name in ("Ada", "Grace"))
    accounts.send_changes(scenario, ada, "PATCH", [{"email": grace.new_user.email}] * 310)
    many_emails.each_is_taken(scenario)


def lifecycles(scenario: ScenarioContext) -> None:
    bursts.run_lifecycles(scenario, 10)
    bursts.check_lifecycles(scenario)


def wildcards(scenario: ScenarioContext) -> None:
    many_emails.become_users(scenario, users_with_letters_for_wildcards(scenario.factory, ways=3))
    rounds = rounds_with_wildcards(scenario.factory, [each.sent for each in scenario.written])
    many_values.write_each(scenario, "email", rounds)
    many_values.check_each(scenario, "email")


def names_in_turn(scenario: ScenarioContext) -> None:
    many_values.write_each(scenario, "name", [scenario.factory.new_users(4) for _ in range(3)])
    many_values.check_each(scenario, "name")


def invisible_names(scenario: ScenarioContext) -> None:
    names = [users_with_names(scenario.factory, "invisible characters") for _ in range(3)]
    many_values.write_each(scenario, "name", names)
    many_values.check_each(scenario, "name")


class TestAtOnce:
    @pytest.mark.sampled
    @pytest.mark.parametrize(
        ("defect", "rule", "play", "broken"),
        [
            ("duplicates-allowed", "race-email", race_of_sign_ups, "email-unique"),
            ("patch-changes-nothing", "race-email", race_of_changes, "patch"),
            ("put-changes-nothing", "race-email", race_of_replacements, "put"),
            ("changed-emails-found-as-written", "race-email", race_of_changes, "filter-email"),
            ("taken-email-accepted-by-update", "race-email", race_of_changes, "update-taken"),
            ("taken-email-accepted-by-update", "robust", changes_to_a_taken_email, "update-taken"),
            ("conflicts-by-change-use-up-the-pool", "robust", changes_to_a_taken_email, "robust"),
            ("deleted-email-stays-taken", "race-email", race_of_sign_up_and_deletion, "delete-frees"),
            ("patch-changes-nothing", "lost-update", race_of_two_fields, "patch"),
            ("delete-does-nothing", "race-delete", race_of_deletions, "delete"),
            ("deleted-email-stays-taken", "race-delete", race_of_update_and_deletion, "delete-frees"),
            ("list-stops-at-ten", "burst", burst, "list"),
            ("create-stores-another-name", "burst", burst, "create-201"),
            ("delete-does-nothing", "burst-workflow", lifecycles, "delete"),
            ("underscore-means-any-character-to-patch", "email-unique", wildcards, "patch"),
            ("put-after-patch-keeps-patched-name", "exact-text", names_in_turn, "put"),
            ("list-stops-at-ten", "exact-text", wildcards, "list"),
        ],
    )
    def test_what_one_client_meets_too_is_named(
        self, tmp_path: Path, defect: str, rule: str, play: Play, broken: str
    ) -> None:
        with defective(tmp_path, defect) as session:
            assert rule_named(session, rule, play) == broken

    @pytest.mark.sampled
    @pytest.mark.parametrize(
        ("defect", "rule", "play"),
        [
            ("race-check-then-insert", "race-email", race_of_sign_ups),
            ("lost-update-last-only", "lost-update", race_of_two_fields),
            ("burst-refuses-some", "burst", burst),
            ("workflow-patches-mixed-up", "burst-workflow", lifecycles),
        ],
    )
    def test_what_only_happens_at_once_keeps_its_rule(self, tmp_path: Path, defect: str, rule: str, play: Play) -> None:
        with defective(tmp_path, defect) as session:
            assert rule_named(session, rule, lambda scenario: until_found(scenario, play)) == rule


def until_found(scenario: ScenarioContext, play: Play) -> None:
    """Play again and again: whether two requests meet in a window is a matter of chance."""
    for _ in range(50):
        play(scenario)


def test_a_change_that_is_refused_only_at_once_is_no_fault_of_a_view(new_session: NewSession, embedded: Target) -> None:
    """What is refused once and done when it is sent again is shown by every view from then on."""
    session = new_session(embedded)
    session.begin("exact-text")
    scenario = session.scenario
    many_values.write_each(scenario, "name", [scenario.factory.new_users(3) for _ in range(3)])
    *_, last = scenario.written
    assert last.writer is not None
    assert last.before is not None
    assert last.answer.answer is not None
    last.answer = replace(last.answer, attempts=(Attempt(replace(last.answer.answer, status=409)),))
    last.writer.data = last.before
    with pytest.raises(ContractViolation) as caught:
        many_values.check_each(scenario, "name")
    assert caught.value.rule == "burst-workflow"


def sign_up_with_underscore(scenario: ScenarioContext) -> None:
    ada = scenario.actor("Ada")
    accounts.sign_up(scenario, ada, email=f"a_{ada.new_user.email}")
    outcomes.is_created(scenario, ada, scenario.exchange)


def sign_up_in_small_letters(scenario: ScenarioContext) -> None:
    ada = scenario.actor("Ada")
    accounts.sign_up(scenario, ada, name="ada")
    outcomes.is_created(scenario, ada, scenario.exchange)
    outcomes.is_unchanged(scenario, ada)


def sign_up_in_chinese(scenario: ScenarioContext) -> None:
    ada = scenario.actor("Ada")
    accounts.sign_up(scenario, ada, name="阿达")
    outcomes.is_created(scenario, ada, scenario.exchange)
    outcomes.is_unchanged(scenario, ada)


def delete_unknown_user(scenario: ScenarioContext) -> None:
    grace = accounts.become_user(scenario, scenario.actor("Grace"))
    accounts.delete_id(scenario, scenario.factory.unused_id(grace.known_id))
    outcomes.is_unchanged(scenario, grace)


def sign_up_and_read(scenario: ScenarioContext) -> None:
    ada = scenario.actor("Ada")
    accounts.sign_up(scenario, ada)
    outcomes.is_created(scenario, ada, scenario.exchange)
    outcomes.is_unchanged(scenario, ada)


def refuse_without_accept(scenario: ScenarioContext) -> None:
    answers.send(scenario, answers.REQUESTS["does not ask for JSON"])
    answers.check_declared_as_json(scenario)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("defect", "rule", "play", "broken"),
    [
        ("email-underscores-dropped", "create-201", sign_up_with_underscore, "exact-text"),
        ("create-stores-another-name", "create-201", sign_up_in_small_letters, "create-201"),
        ("users-with-other-scripts-unreadable", "create-201", sign_up_in_chinese, "read-200"),
        ("delete-of-unknown-takes-newest", "delete-again", delete_unknown_user, "isolation"),
        ("name-in-two-fields", "create-201", sign_up_and_read, "user-shape"),
        ("time-since-epoch", "create-201", sign_up_and_read, "user-shape"),
        ("page-where-json-is-not-asked-for", "json-media-type", refuse_without_accept, "problem"),
        ("create-shows-late", "create-201", sign_up_and_read, "create-201"),
        ("nul-in-fields-is-500", "exact-text", invisible_names, "robust"),
    ],
)
def test_one_request_names_the_rule_that_is_broken(
    tmp_path: Path, defect: str, rule: str, play: Play, broken: str
) -> None:
    with defective(tmp_path, defect) as session:
        assert rule_named(session, rule, play) == broken


def test_deletions_without_effect_break_delete_once(tmp_path: Path) -> None:
    with defective(tmp_path, "delete-does-nothing") as session:
        accounts.become_user(session.scenario, session.scenario.actor("Ada"))
        with pytest.raises(ContractViolation, match="DELETE http") as caught:
            session.registry.confirm_gone()
        assert caught.value.rule == "delete"
        accounts.become_user(session.scenario, session.scenario.actor("Grace"))
        session.registry.confirm_gone()


@pytest.mark.parametrize(("defect", "is_cut_short"), [("cut-json-completed", True), ("id-is-a-number", False)])
def test_no_crowd_of_malformed_sign_ups_goes_to_a_target_that_accepts_them(
    tmp_path: Path, defect: str, is_cut_short: bool
) -> None:
    with defective(tmp_path, defect) as session:
        session.begin("robust")
        ada = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
        robustness.send_many_that_are_refused(session.scenario, ada, 300)
        assert (len(session.scenario.odd) < 100) is is_cut_short
        session.registry.prove_nothing_is_left(20)
