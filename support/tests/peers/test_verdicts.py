"""The verdicts cover the contract, rest on the recordings, and agree with a second check of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from support.peers.catalogue import RECORDED
from support.peers.record import interactions_of
from support.peers.verdicts import ASSESSED, assessment
from support.peers.verdicts.tables import README, readme_with_tables
from support.rules import RULES

WORDS = {"passed", "failed", "not offered"}

Interaction = Mapping[str, Any]


@pytest.mark.parametrize("name", ASSESSED)
def test_every_rule_of_the_contract_has_a_verdict(name: str) -> None:
    assert list(assessment(name).verdicts) == list(RULES)


@pytest.mark.parametrize("name", RECORDED)
def test_every_verdict_and_finding_rests_on_recorded_interactions(name: str) -> None:
    peer = assessment(name)
    names = interactions_of(name)
    for evidence in [each.evidence for each in peer.verdicts.values()] + [each.evidence for each in peer.findings]:
        assert evidence
        assert not set(evidence) - names.keys()


@pytest.mark.parametrize("name", ASSESSED)
def test_a_profile_never_makes_a_verdict_worse(name: str) -> None:
    for verdict in assessment(name).verdicts.values():
        assert {verdict.strict, verdict.profiled} <= WORDS
        if verdict.strict == "passed":
            assert verdict.profiled == "passed"
            assert not verdict.only


def test_the_readme_shows_the_verdicts() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == readme_with_tables(text), "run `python -m support.peers.verdicts`"


def test_a_readme_without_markers_for_a_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="no markers for rules by peers"):
        readme_with_tables("# Peers\n")


def _status(name: str, *allowed: int) -> Callable[[Mapping[str, Interaction]], bool]:
    return lambda seen: seen[name]["status"] in allowed


def _header(name: str, header: str) -> Callable[[Mapping[str, Interaction]], bool]:
    return lambda seen: header in seen[name]["headers"]


def _rounds(name: str, *, refusal: str) -> Callable[[Mapping[str, Interaction]], bool]:
    def one_winner(of_round: Interaction) -> bool:
        winners = {status: count for status, count in of_round["statuses"].items() if status != refusal}
        return bool(of_round["stored"] == 1 and sum(winners.values()) == 1)

    return lambda seen: all(one_winner(each) for each in seen[name]["rounds"])


def _gives_no_id_again(seen: Mapping[str, Interaction]) -> bool:
    deleted: str = seen["delete: known"]["request"]["path"].split("/")[-1]
    return deleted not in seen["delete: email used again"]["body"].values()


def _keeps_white_space(seen: Mapping[str, Interaction]) -> bool:
    return " spaces around " in str(seen["create: name worth keeping 3"]["body"])


def _status_of(seen: Mapping[str, Interaction], verb: str) -> int:
    """Return the status for an id that is a known one but for a suffix."""
    return int(seen[f"{verb}: unknown, a known id with a suffix"]["status"])


SECOND_CHECKS: dict[str, tuple[Callable[[Mapping[str, Interaction]], bool], ...]] = {
    "create-201": (_status("create: valid", 201), _status("create: valid, read back", 200)),
    "create-location": (_header("create: valid", "location"),),
    "malformed-json": (
        _status("create: not JSON", 400),
        _status("create: not UTF-8", 400),
        _status("patch: empty body", 400, 415, 422),
    ),
    "media-type": (
        _status("create: valid JSON as text/plain", 415),
        _status("create: a form", 415),
        _status("patch: as text/plain", 415),
    ),
    "email-unique": (_status("taken: same email", 409), _status("taken: in capitals", 409)),
    "read-404": (
        _status("read: unknown", 404),
        _status("read: unknown, the word constructor", 404),
        _status("read: unknown, a known id with a suffix", 404),
    ),
    "head": (
        _status("head: known", 200),
        _status("head: unknown", 404),
        lambda seen: _status_of(seen, "head") == _status_of(seen, "read"),
    ),
    "list": (
        lambda seen: isinstance(seen["list"]["body"], list),
        lambda seen: all(isinstance(one, dict) for one in seen["list: after the unreadable ones"]["body"]),
    ),
    "put": (
        _status("put: full", 200),
        _status("put: without email", 400, 422),
        _status("put: without name", 400, 422),
        _keeps_white_space,
    ),
    "patch": (
        _keeps_white_space,
        _status("patch: name", 200),
        _status("patch: own email in capitals", 200),
        lambda seen: "2001" not in str(seen["patch: time of creation"]["body"]),
        lambda seen: seen["patch: id, read back under the old one"]["status"] == 200,
    ),
    "update-taken": (_status("patch: taken email", 409), _status("patch: taken email in capitals", 409)),
    "update-404": (_status("patch: unknown", 404),),
    "delete": (_status("delete: known", 200, 204), _status("delete: known, read back", 404)),
    "delete-again": (_status("delete: again", 404, 204), _status("delete: unknown", 404, 204)),
    "delete-frees": (
        _status("delete: email used again", 201),
        _gives_no_id_again,
    ),
    "method-405": (_status("method: POST on a user", 405), _header("method: POST on a user", "allow")),
    "auth-401": (
        _status("access: read with no token", 401),
        _status("access: delete with no token", 401),
        _header("access: read with no token", "www-authenticate"),
    ),
    "create-invalid": (
        _status("create: empty object", 400, 422),
        _status("create: name a number", 400, 422),
        _status("create: name spaces", 400, 422),
        _status("create: email 255 characters", 400, 422),
        _status("create: empty array", 400, 422),
        _status("create: a JSON string", 400, 422),
    ),
    "update-invalid": (
        _status("patch: empty name", 400, 422),
        _status("patch: name of spaces", 400, 422),
        _status("patch: name a number", 400, 422),
        _status("patch: not an object", 400, 422),
    ),
    "race-email": (
        _rounds("race: creates with one email", refusal="409"),
        _rounds("race: creates with one email in ten spellings", refusal="409"),
        _rounds("race: patches of five users towards one email", refusal="409"),
    ),
    "lost-update": (
        lambda seen: all(
            each["lasting"] == 2 for each in seen["lost update: patches of name and email at once"]["rounds"]
        ),
    ),
}


@pytest.mark.parametrize("rule", SECOND_CHECKS)
@pytest.mark.parametrize("name", RECORDED)
def test_a_verdict_agrees_with_a_second_check(name: str, rule: str) -> None:
    seen = interactions_of(name)
    passes, verdict = all(check(seen) for check in SECOND_CHECKS[rule]), assessment(name).verdicts[rule]
    if passes and "seen in a run" in verdict.only:  # by a request that is not in the recording
        assert verdict.strict == "failed"
    else:
        assert (verdict.strict == "passed") == passes
