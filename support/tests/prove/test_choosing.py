"""The choice of defects and variants."""

from __future__ import annotations

import pytest

from support.errors import SettingsError
from support.prove import candidates
from support.prove.candidates import Defect, Share, check_names, offered_defects, offered_variants, read_share
from support.prove.checks import features_with
from support.prove.pool import mixed
from support.rules import RULES

MANY = [Defect(str(number), "list", "") for number in range(10)]


def test_every_defect_names_a_rule_of_the_contract() -> None:
    defects = offered_defects()
    assert len(defects) >= 80
    assert {defect.rule for defect in defects} <= set(RULES)


def test_the_plain_api_is_the_first_variant() -> None:
    variants = offered_variants()
    assert len(variants) > 25
    assert variants[0].options == ()
    assert variants[1].options == ("--variant", variants[1].name)


def test_an_api_that_does_not_start_says_why() -> None:
    with pytest.raises(SettingsError, match=r"does not start: .*unrecognized arguments: --list-nothing"):
        candidates._listed("--list-nothing")


def test_the_shares_are_disjoint_and_complete() -> None:
    shares = [Share(part, 3).of_all(MANY) for part in (1, 2, 3)]
    assert sorted(int(defect.name) for share in shares for defect in share) == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_commit_chooses_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "commit", lambda: "0000000000a1")
    assert read_share("commit/3") == Share(0xA1 % 3 + 1, 3)
    assert read_share("2/3") == Share(2, 3)


@pytest.mark.parametrize("wrong", ["", "3", "0/3", "4/3", "x/3", "1/0", "commit/0", "1/x", "-1/3"])
def test_a_wrong_share_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="wants I/N"):
        read_share(wrong)


def test_the_features_of_a_rule_are_found_by_its_tag() -> None:
    assert all(features_with(f"@rule.{rule}") for rule in RULES)
    assert features_with("@rule.delete-again") == ["features/users/deleting.feature"]
    assert features_with("@rule.no") == []


def test_a_few_tasks_are_spread_evenly_among_many() -> None:
    assert mixed("ab", "123456") == ["1", "a", "2", "3", "4", "b", "5", "6"]
    assert mixed([], "12") == ["1", "2"]


def test_an_unknown_name_is_refused_with_similar_ones() -> None:
    with pytest.raises(SettingsError, match="names-escaped"):
        check_names(["name-escaped"], ["names-escaped", "duplicates-allowed"])
