"""The probe drafts a profile with the evidence, and leaves the target as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from support.cleanup.marks import new_mark
from support.errors import Evidence, Outcome
from support.models import Answer, Attempt, Call, Credential, Exchange
from support.probe import suite_run
from support.probe.__main__ import of_this_command
from support.probe.coverage import coverage
from support.probe.creating import why_none
from support.probe.draft import Draft
from support.probe.suite_run import SHOWN_SOMETIMES
from support.profile import Deviation, Profile
from support.profile_files import load
from support.reporting.results import Failure, Result
from support.reporting.summary import ScenarioResult, Summary, Users
from support.settings import ROOT
from support.tests.sandbox.conftest import TOKEN
from support.tests.target.conftest import Command, NewTarget, Play, command, new_target, play

pytestmark = pytest.mark.sampled

__all__ = ["command", "new_target", "play"]
MOCKAPI = ["--personality", "mockapi"]
WELL_INTO_THE_RUN = 80
SOON_S = 300.0  # on a busy machine


def test_a_target_that_fulfils_the_contract_gets_the_contract_as_its_profile(
    command: Command, new_target: NewTarget, tmp_path: Path
) -> None:
    target, draft = new_target("--seed-users", "3"), tmp_path / "ours.toml"
    before = target.client.get(target.url).json()
    ended = command("support.probe", target.url, "--out", str(draft), token=TOKEN)
    assert ended.code == 0, ended.said
    contract, drafted = load("contract"), load(str(draft))
    assert replace(drafted, name=contract.name, description=contract.description) == contract
    assert target.client.get(target.url).json() == before


def test_a_value_that_differs_is_drafted_with_the_exchange_that_shows_it(
    command: Command, new_target: NewTarget, tmp_path: Path
) -> None:
    target, draft = new_target(*MOCKAPI), tmp_path / "ours.toml"
    ended = command("support.probe", target.url, "--out", str(draft), token="none")
    assert ended.code == 0, ended.said
    drafted = load(str(draft))
    assert not drafted.capabilities.access
    assert drafted.answers.no_match == (200, 404)
    assert drafted.excluded[0].covers("A POST with text that is not JSON")
    assert not any(one.covers("A PATCH with text that is not JSON") for one in drafted.excluded)
    text = draft.read_text(encoding="utf-8")
    assert "no_match = [200, 404]  # GET /users?email=" in text
    assert "--with-run" in text
    assert target.client.get(target.url).json() == []


def test_creates_that_are_slow_get_a_longer_timeout(command: Command, new_target: NewTarget, tmp_path: Path) -> None:
    faults = json.dumps([{"kind": "slow", "seconds": 0.2, "methods": ["POST"]}])
    target, draft = new_target("--faults", faults), tmp_path / "ours.toml"
    ended = command("support.probe", target.url, "--out", str(draft), token=TOKEN)
    assert ended.code == 0, ended.said
    timeout_s = load(str(draft)).deadlines.request_timeout_s
    assert timeout_s is not None
    assert timeout_s >= 3 * 50 * 0.2


@pytest.mark.parametrize(
    ("options", "tags", "deviating"),
    [
        (
            ["--defect", "filter-finds-parts", "--defect", "patch-of-unknown-is-200"],
            "@rule.filter-email or @rule.update-404",
            {"filter-email", "update-404"},
        ),
        (MOCKAPI, "@rule.filter-email or @rule.race-email or @rule.put", {"filter-email", "email-unique", "put"}),
    ],
    ids=["defects", "mockapi"],
)
def test_a_draft_made_with_a_run_explains_the_next_run(
    command: Command,
    play: Play,
    new_target: NewTarget,
    tmp_path: Path,
    options: list[str],
    tags: str,
    deviating: set[str],
) -> None:
    target, draft = new_target(*options), tmp_path / "ours.toml"
    settings = {"token": "none", "max_users_alive": "90"} if options == MOCKAPI else {"token": TOKEN}
    ended = command("support.probe", target.url, "--with-run", tags, "--out", str(draft), **settings)
    assert ended.code == 0, ended.said
    again = play(target, str(draft), f"--tags={tags}", **settings)
    assert again.code == 0, again.said
    deviations = load(str(draft)).deviations
    assert {known.rule for known in deviations} == deviating
    assert all(known.scenarios and known.shows for known in deviations)
    assert all(known.sometimes == (known.rule in SHOWN_SOMETIMES) for known in deviations)
    assert "It excuses what was seen, or leaves scenarios out: " in ended.err
    assert target.client.get(target.url).json() == []


def test_a_draft_says_of_which_rules_scenarios_had_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    results = [("put", Result.PASSED), ("put", Result.BLOCKED), ("list", Result.BLOCKED), ("put", Result.BLOCKED)]
    played = [ScenarioResult("", "", 1, rule, "", result, 0.0) for rule, result in results]
    monkeypatch.setattr(suite_run, "_run", lambda *_: Summary(Outcome.PASSED, scenarios=played))
    draft = Draft("ours", "http://127.0.0.1/users", date(2026, 11, 23))
    suite_run.add_deviations(draft, "@contract", str)
    assert "3 scenarios of the rules put, list had no verdict, because something else failed first." in draft.remarks


def failed(rule: str, actual: str, scenario: str = "Deleting by ids that resemble Ada's") -> Failure:
    evidence = Evidence("", (), (actual,), (), "GET http://127.0.0.1/users/7", "200 {}")
    return Failure(Outcome.CONTRACT_BROKEN, rule, "", scenario, "", "", "", evidence)


def test_a_rule_that_is_excused_in_a_scenario_about_another_is_not_checked_without_exception() -> None:
    scenarios = ("Sign-ups with unusual characters*",)
    known = Deviation("exact-text", "as it is", "https://example.com/1", date(2026, 11, 1), scenarios=scenarios)
    said = list(coverage(replace(Profile(), deviations=(known,)), {"exact-text": Result.FAILED}))
    assert "exact-text in 1 scenario" in said[1]
    assert not any("exact-text (failed)" in line for line in said)


def test_a_draft_names_no_user_of_others_even_where_an_answer_was_cut() -> None:
    draft = Draft("ours", "http://127.0.0.1/users", date(2026, 11, 23))
    cut = 'GET /users?page=1&limit=1 -> 200 [{"id": "7", "name": "Real Customer", "email": "real.custome …'
    mark = new_mark()
    own = f'GET /users?page=2&limit=1 -> 200 [{{"id": "8", "name": "Ada", "email": "ada@{mark}.example.com"}}]'
    draft.learn("names.page", "p", cut, own)
    text = draft.text()
    assert "Real Customer" not in text
    assert "real.custome" not in text
    assert mark in text


def drafted(monkeypatch: pytest.MonkeyPatch, *failures: Failure) -> Draft:
    played = [ScenarioResult("", "", 1, one.rule, one.scenario, Result.FAILED, 0.0) for one in failures]
    summary = Summary(Outcome.CONTRACT_BROKEN, scenarios=played, failures=list(failures))
    monkeypatch.setattr(suite_run, "_run", lambda *_: summary)
    draft = Draft("ours", "http://127.0.0.1/users", date(2026, 11, 23))
    suite_run.add_deviations(draft, "@contract", str)
    return draft


@pytest.mark.parametrize("user_id", ["2361x", "+2308", "3604\\n", "6b0c491f-0ddf10d94518x", "07"])
def test_a_draft_excuses_a_read_of_an_id_whichever_it_is_next_time(
    monkeypatch: pytest.MonkeyPatch, user_id: str
) -> None:
    draft = drafted(monkeypatch, failed("read-404", f"the read of {user_id} was answered by 200, and shows none"))
    assert draft.profile.deviations[0].shows == ("the read of * was answered by 200, and shows none",)


def test_a_draft_excuses_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = drafted(monkeypatch, failed("robust", "no answer came: no complete answer within 5 s"))
    assert not draft.profile.deviations
    assert "a fault of the server is never excused" in draft.remarks[0]


def test_a_draft_excuses_no_user_whom_another_request_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    one = failed("isolation", "the status was 404")
    assert one.evidence is not None
    shown = replace(one.evidence, request="GET http://127.0.0.1/users/7?context=edit", response="404 {}")
    draft = drafted(monkeypatch, replace(one, evidence=shown))
    assert not draft.profile.deviations
    assert "a user who vanishes is never excused" in draft.remarks[0]


def test_a_draft_excuses_a_lost_update_whichever_field_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = drafted(monkeypatch, failed("lost-update", "the new name was confirmed, but a read shows the old one"))
    assert draft.profile.deviations[0].shows == ("the new * was confirmed, but a read shows the old one*",)


def test_a_draft_shows_no_data_of_users_who_were_there_before() -> None:
    ours = f'{{"id": 7, "name": "Ada", "email": "ada.1@{new_mark()}.example.com"}}'
    other = '{"id": 1, "name": "Olivia \\"M\\"", "email": "olivia@northwind.example"}'
    draft = Draft("ours", "http://127.0.0.1/users", date(2026, 11, 23))
    draft.learn(
        "names.list_pointer", "/data", f'GET /users -> 200 {{"data": [{other}, {ours}, {{"id": 2, "name": "Li …'
    )
    assert f'[{{"id": 1, "name": "…", "email": "…"}}, {ours}, {{"id": 2, "name": "…"' in draft.text()


def test_a_draft_says_which_rules_did_not_pass_and_are_not_excused() -> None:
    said = list(coverage(Profile(), {"robust": Result.FAILED, "conditional": Result.SKIPPED}))
    assert said[0].startswith("A run with this draft checks 35 of 37 rules without exception: ")
    assert said[1] == (
        "It excuses none of these rules, although they did not pass in the run: conditional (skipped), robust (failed)."
    )


def test_a_draft_says_how_often_a_user_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = drafted(monkeypatch, failed("list", "the list shows Ada 2 times"))
    assert draft.profile.deviations[0].shows == ("the list shows Ada 2 times",)


def test_a_draft_leaves_out_what_draws_other_actions_in_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = "A few users act in many random orders"
    once = failed("email-unique", "the status was 201", "Ada signs up twice")
    draft = drafted(monkeypatch, once, failed("email-unique", "the status was 200", drawn))
    assert [known.scenarios for known in draft.profile.deviations] == [("Ada signs up twice",)]
    assert draft.profile.excluded[0].scenarios == (drawn,)
    assert f"scenarios = [\n    {drawn!r}".replace("'", '"') in draft.text()


def test_a_draft_tells_what_drawn_actions_alone_have_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = drafted(monkeypatch, failed("put", "the status was 200", "A few users act in many random orders"))
    assert not draft.profile.deviations
    assert not draft.profile.excluded
    assert "put is broken, as random actions show, and the draft does not excuse it" in draft.remarks[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends a process at once")
def test_a_draft_says_that_its_run_left_users_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = ScenarioResult("", "", 1, "put", "", Result.PASSED, 0.0)
    left = Summary(Outcome.LEFT_BEHIND, users=Users(created=3, gone=1, left_behind=2), scenarios=[passed])
    monkeypatch.setattr(suite_run, "_run", lambda *_: left)
    draft = Draft("ours", "http://127.0.0.1/users", date(2026, 11, 23))
    suite_run.add_deviations(draft, "@contract", str)
    assert any(remark.startswith("The run left 2 users behind.") for remark in draft.remarks)


def test_an_interrupted_run_leaves_no_user(new_target: NewTarget, tmp_path: Path) -> None:
    target = new_target("--control", "--seed-users", "3")
    before = target.client.get(target.url).json()
    settings = {"STATE_DIR": str(tmp_path / "state"), "TOKEN": TOKEN}
    command = [sys.executable, "-m", "support.probe", target.url, "--with-run"]
    probe = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    ends = time.monotonic() + SOON_S
    while target.stats()["requests"].get("POST", 0) < WELL_INTO_THE_RUN:
        assert probe.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.05)
    probe.send_signal(signal.SIGINT)
    said = probe.communicate(timeout=SOON_S)
    assert probe.returncode == 130, said
    assert target.client.get(target.url).json() == before


def test_an_unreachable_target_is_reported_in_one_line(command: Command, unused_port: int) -> None:
    ended = command("support.probe", f"http://127.0.0.1:{unused_port}/users", token="none")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("target down: ")
    assert "Traceback" not in ended.err


def test_an_error_of_a_run_names_the_arguments_of_the_probe() -> None:
    redirect = "http://a/users redirects to http://b/users. If it is there, put that URL into BASE_URL; see BASE_URL."
    assert of_this_command(redirect).endswith("If it is there, call the probe with that URL; see URL.")
    limit = "RETRY_DEADLINE_S (5 s) leaves 1 s. Set it in a profile of your own (TARGET=./ours.toml)."
    assert of_this_command(limit) == (
        "the probe's deadline (5 s) leaves 1 s. Set it in a profile of your own (--from ours.toml)."
    )
    assert of_this_command("$BASE_URL is not MY_BASE_URL") == "$URL is not MY_BASE_URL"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (404, "neither at URL nor at other paths"),
        (403, "Set TOKEN to one that may create users."),
        (429, "Run the probe again when the API answers."),
        (500, "Write what it asks for into a profile"),
    ],
)
def test_why_no_user_could_be_created_is_told_by_the_last_answer(status: int, says: str) -> None:
    call = Call("POST", "http://127.0.0.1/users", Credential(None))
    last = Exchange(call, (Attempt(Answer(status, {}, b"{}", 0.0)),))
    assert says in str(why_none(last, None))


def test_an_output_file_that_is_no_profile_is_refused(command: Command) -> None:
    ended = command("support.probe", "http://127.0.0.1:1/users", "--out", "ours.txt", token="none")
    assert ended.code == 2
    assert "'ours.txt'; it wants a file that ends in .toml" in ended.err


@pytest.mark.parametrize(
    ("defect", "rule", "why"),
    [
        ("patch-of-a-word-is-500", "update-404", "a fault of the server is never excused"),
        ("refused-put-deletes", "update-invalid", "a user who vanishes is never excused"),
    ],
)
def test_a_draft_never_excuses_a_fault_of_the_server_or_a_lost_user(
    command: Command, new_target: NewTarget, tmp_path: Path, defect: str, rule: str, why: str
) -> None:
    target, draft = new_target("--defect", defect), tmp_path / "ours.toml"
    ended = command("support.probe", target.url, "--with-run", f"@rule.{rule}", "--out", str(draft), token=TOKEN)
    assert ended.code == 0, ended.said
    assert not load(str(draft)).deviations
    assert f"{rule} is broken, and {why}" in ended.err


def test_a_race_between_spellings_is_judged_by_the_list_where_a_search_minds_letter_case(
    command: Command, play: Play, new_target: NewTarget, tmp_path: Path
) -> None:
    target, draft = new_target("--defect", "filter-is-case-sensitive"), tmp_path / "ours.toml"
    assert command("support.probe", target.url, "--out", str(draft), token=TOKEN).code == 0
    assert load(str(draft)).lookup.case_sensitive
    ended = play(target, str(draft), "--tags=@rule.race-email", "--name", "letter cases")
    assert ended.code == 0, ended.said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Reading an account   3 passed, 1 failed   2.1 s\nAda reads\n  expected  status 200", "Reading an account"),
        ("Reading an account   3 passed   2.1 s\n7 of 40 scenarios, 3 min left\n  request   GET", "7 of 40 scenarios"),
        ("INFO    target http://127.0.0.1/users", "the run goes on"),
    ],
)
def test_the_progress_of_a_run_is_no_piece_of_a_failure(said: str, told: str) -> None:
    assert suite_run._progress_in(said).startswith(told)
