"""`.env.example` and the settings say the same."""

from __future__ import annotations

import re

from dotenv import dotenv_values

from support.settings import ROOT, Settings, load

EXAMPLE = ROOT / ".env.example"


def test_it_lists_every_setting_in_the_order_of_the_code() -> None:
    assert [name.lower() for name in dotenv_values(EXAMPLE)] == list(Settings.model_fields)


def test_each_comment_is_the_description_of_its_setting() -> None:
    comments = dict(re.findall(r"^# (.+)\n(\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name.lower(): comment for comment, name in comments.items()} == {
        name: field.description for name, field in Settings.model_fields.items()
    }


def test_each_value_is_the_default() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert load({}, EXAMPLE).model_dump() == defaults


def test_a_setting_without_a_default_is_empty() -> None:
    empty = [name.lower() for name, value in dotenv_values(EXAMPLE).items() if not value]
    assert empty == [name for name, field in Settings.model_fields.items() if field.default is None]
