"""A failure names the rule that is broken, in scenarios of other rules too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from support.target.embedded import Target
from support.tests.reporting.conftest import Play, on

QUICK = "--tags=@contract and not @concurrency and not @slow"
Faulty = Callable[..., Target]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("defects", "rules"),
    [
        (("patch-renews-the-time", "filter-finds-former-email"), {"patch", "filter-email"}),
        (("time-without-offset",), {"user-shape"}),
        (("done-although-unauthorized",), {"auth-401"}),
    ],
)
def test_no_other_rule_fails(play_suite: Play, faulty: Faulty, defects: tuple[str, ...], rules: set[str]) -> None:
    run = play_suite(QUICK, **on(faulty(*defects)))
    assert run.code == 1
    assert {failure["rule"] for failure in run.summary["failures"]} == rules
    broken = {rule["id"] for rule in run.summary["rules"] if rule["result"] == "failed"}
    assert broken == rules
    assert run.last_line.startswith("contract broken")


@pytest.mark.parametrize(
    ("defect", "where", "title", "broken"),
    [
        ("deleted-id-given-again", "users/updating", "unchanged when Ada deletes their account again", []),
        ("deleted-id-given-again", "refusals/taken_emails", "after its former owner deletes their account again", []),
        (
            "deleted-user-comes-back",
            "refusals/taken_emails",
            "after its former owner deletes their account again",
            ["delete-frees"],
        ),
    ],
)
def test_a_reused_id_fails_no_other_rule(
    play_suite: Play, faulty: Faulty, defect: str, where: str, title: str, broken: list[str]
) -> None:
    run = play_suite("--tags=@contract", "--name", title, f"features/{where}.feature", **on(faulty(defect)))
    assert len(run.summary["scenarios"]) == 1
    assert [failure["rule"] for failure in run.summary["failures"]] == broken
    assert all("a user signs up after Ada is deleted" in failure["text"] for failure in run.summary["failures"])


def test_a_refused_sign_up_of_a_user_whom_a_later_step_needs_is_the_failure(play_suite: Play, faulty: Faulty) -> None:
    words = ("--tags=@contract", "--name", "again after Grace has taken the email", "features/users/deleting.feature")
    run = play_suite(*words, **on(faulty("deleted-email-stays-taken")))
    assert [(failure["outcome"], failure["rule"]) for failure in run.summary["failures"]] == [
        ("contract broken", "delete-frees")
    ]


def test_the_request_that_caused_the_failure_is_shown(play_suite: Play, faulty: Faulty) -> None:
    run = play_suite("--tags=@rule.auth-401", **on(faulty("done-although-unauthorized")))
    texts = [failure["text"] for failure in run.summary["failures"] if "no new user" in failure["text"]]
    assert texts
    for text in texts:
        found, sent = re.search(r"a search for (\S+) finds user", text), re.search(r"request: +(\S+) .*", text)
        assert found is not None
        assert sent is not None
        assert sent[1] == "POST"
        assert f'"email": "{found[1]}"' in sent[0]
