"""Where a setting comes from, and what a wrong one is answered by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.errors import SettingsError
from support.settings import Settings, load

TOKEN = "pear-tree-4711"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def refusal(env_file: Path, **overrides: str) -> str:
    """Return the one line that wrong settings are answered by."""
    with pytest.raises(SettingsError) as caught:
        load(overrides, env_file)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "the cause would show what was hidden"
    return line


def _takes(env_file: Path, name: str, value: str) -> bool:
    """Whether a number is taken for a setting; a text is taken as it is, and is none."""
    try:
        return isinstance(getattr(load({name: value}, env_file), name), int | float)
    except SettingsError:
        return False


class TestPrecedence:
    def test_the_default_stands_where_nothing_is_set(self, env_file: Path) -> None:
        assert load({}, env_file).retry_attempts == Settings.model_fields["retry_attempts"].default

    def test_the_file_goes_before_the_default(self, env_file: Path) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\n", encoding="utf-8")
        assert load({}, env_file).retry_attempts == 7

    def test_the_environment_goes_before_the_file(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\nRETRY_BASE_S=0.7\n", encoding="utf-8")
        monkeypatch.setenv("RETRY_ATTEMPTS", "8")
        settings = load({}, env_file)
        assert (settings.retry_attempts, settings.retry_base_s) == (8, 0.7)

    def test_the_command_line_goes_before_the_environment(
        self, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\n", encoding="utf-8")
        monkeypatch.setenv("RETRY_ATTEMPTS", "8")
        monkeypatch.setenv("RETRY_BASE_S", "0.8")
        settings = load({"retry_attempts": "9"}, env_file)
        assert (settings.retry_attempts, settings.retry_base_s) == (9, 0.8)

    def test_the_letter_case_of_a_name_does_not_matter(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("retry_base_s", "0.8")
        assert load({"RETRY_ATTEMPTS": "9"}, env_file).retry_attempts == 9
        assert load({}, env_file).retry_base_s == 0.8

    def test_an_empty_value_counts_as_none(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\nDATA_SEED=\n", encoding="utf-8")
        monkeypatch.setenv("RETRY_ATTEMPTS", "")
        settings = load({"retry_attempts": ""}, env_file)
        assert (settings.retry_attempts, settings.data_seed) == (7, None)

    def test_names_of_others_in_the_file_are_left_alone(self, env_file: Path) -> None:
        env_file.write_text("EDITOR=vi\nDATA_SEED=3\n", encoding="utf-8")
        assert load({}, env_file).data_seed == 3


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "value", "wants"),
        [
            ("base_url", "http://", "an http:// or https:// address"),
            ("base_url", "http://127.0.0.1:70000/users", "an http:// or https:// address"),
            ("base_url", "http://[::1/users", "an http:// or https:// address"),
            ("base_url", "http://127.0.0.1/users?", "an http:// or https:// address"),
            ("base_url", "http://127.0.0.1/users#", "an http:// or https:// address"),
            ("base_url", "http://127.0.0.1/a b", "an http:// or https:// address"),
            ("retry_attempts", "0", "a number greater than or equal to 1"),
            ("retry_attempts", "many", "a whole number"),
            ("retry_attempts", "2.5", "a whole number"),
            ("retry_base_s", "-1", "a number greater than 0"),
            ("request_timeout_s", "0", "a number greater than 0"),
            ("request_timeout_s", "soon", "a number"),
            ("request_timeout_s", "inf", "a finite number"),
            ("request_timeout_s", "nan", "a finite number"),
            ("cleanup_deadline_s", "1e300", "a number less than or equal to 1000000"),
            ("max_retried_share", "1.5", "a number less than or equal to 1"),
            ("race_contenders", "1", "a number greater than or equal to 2"),
            ("race_contenders", "101", "a number less than or equal to 100"),
            ("race_miss_probability", "1", "a number less than 1"),
            ("data_seed", "abc", "a whole number"),
            ("strict", "perhaps", "true or false"),
            ("log_level", "LOUD", "one of DEBUG, INFO, WARNING, ERROR"),
        ],
    )
    @pytest.mark.parametrize("source", ["-D", "environment", ".env"])
    def test_is_named_with_its_source_and_what_is_wanted(
        self, env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, wants: str, source: str
    ) -> None:
        if source == "-D":
            line = refusal(env_file, token=TOKEN, **{name: value})
            told = f"from -D {name}"
        elif source == "environment":
            monkeypatch.setenv(name.upper(), value)
            line, told = refusal(env_file, token=TOKEN), "from the environment"
        else:
            env_file.write_text(f"{name.upper()}={value}\n", encoding="utf-8")
            line, told = refusal(env_file, token=TOKEN), "from .env"
        assert line.startswith(f"{name.upper()} ({told}): it got {value!r}; it wants {wants}")
        assert line.count(name.upper()) == 1

    @pytest.mark.parametrize("value", ["nan", "-nan", "inf", "-inf", "Infinity", "1e999"])
    def test_no_number_is_infinite_or_none(self, env_file: Path, value: str) -> None:
        numbers = [
            name for name in Settings.model_fields if _takes(env_file, name, "0.5") or _takes(env_file, name, "3")
        ]
        assert len(numbers) > 10
        assert [name for name in numbers if _takes(env_file, name, value)] == []

    def test_a_long_value_is_told_in_short(self, env_file: Path) -> None:
        assert len(refusal(env_file, retry_attempts="9" * 5000)) < 400

    @pytest.mark.parametrize("token", ["pear tree", "pear\ttree", "pear\ntree", "Birnbäumchen"])
    def test_a_token_that_fits_no_header_is_refused_unseen(self, env_file: Path, token: str) -> None:
        line = refusal(env_file, token=token)
        assert line.startswith("TOKEN (from -D token): it got a value that is not shown; it wants visible ASCII")
        assert token not in line
        assert token[:4] not in line

    @pytest.mark.parametrize(
        "address", ["http://ada:pear-tree@127.0.0.1/users", "pear-tree@127.0.0.1", "http:ada:pear-tree@127.0.0.1"]
    )
    def test_an_address_with_a_password_is_refused_unseen(self, env_file: Path, address: str) -> None:
        line = refusal(env_file, base_url=address, token=TOKEN)
        assert "it got a value that is not shown; it wants an" in line
        assert "pear-tree" not in line

    @pytest.mark.parametrize("value", [TOKEN, "ftp://127.0.0.1/users", "127.0.0.1:8000/users"])
    def test_what_may_be_anything_but_an_address_is_refused_unseen(self, env_file: Path, value: str) -> None:
        line = refusal(env_file, base_url=value, token="another")
        assert line.startswith("BASE_URL (from -D base_url): it got a value that is not shown; it wants an http://")
        assert value not in line

    @pytest.mark.parametrize("address", ["https://127.0.0.1/users", " HTTP://ada:pear-tree@127.0.0.1/users"])
    def test_an_address_and_a_token_that_are_swapped_are_told_as_such(
        self, env_file: Path, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        env_file.write_text(f"BASE_URL={TOKEN}\n", encoding="utf-8")
        monkeypatch.setenv("TOKEN", address)
        assert refusal(env_file) == (
            "BASE_URL (from .env): it got a value that is not shown. "
            "It and TOKEN (from the environment), which holds an address, look swapped."
        )

    @pytest.mark.parametrize("sign", ["?", "#"])
    def test_an_address_is_told_without_what_may_be_a_secret_in_it(self, env_file: Path, sign: str) -> None:
        line = refusal(env_file, base_url=f"https://127.0.0.1/users{sign}api_key=pear-tree", token=TOKEN)
        assert f"it got 'https://127.0.0.1/users{sign}…'" in line
        assert "without ?, # or white space" in line
        assert "pear-tree" not in line

    def test_a_file_that_is_no_text_is_named(self, env_file: Path) -> None:
        env_file.write_bytes(b"TOKEN=\xff\xfe\n")
        assert refusal(env_file) == f"{env_file}: this file is not UTF-8 text. Save it as UTF-8."

    def test_a_file_that_may_not_be_read_is_named(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("DATA_SEED=3\n", encoding="utf-8")

        def refused(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refused)
        assert refusal(env_file) == f"{env_file}: this file cannot be read (Permission denied). Make it readable."


class TestUnknownNames:
    def test_the_nearest_name_is_suggested(self, env_file: Path) -> None:
        assert refusal(env_file, retry_attempt="3") == (
            "-D retry_attempt: there is no such setting. Did you mean retry_attempts?"
        )

    def test_the_list_is_named_where_nothing_is_near(self, env_file: Path) -> None:
        assert refusal(env_file, xyzzy="3") == ("-D xyzzy: there is no such setting. They are listed in .env.example.")


class TestToken:
    def test_an_address_needs_one(self, env_file: Path) -> None:
        line = refusal(env_file, base_url="http://127.0.0.1:8000/users")
        assert line.startswith("TOKEN: it is not set although BASE_URL is.")
        assert "TOKEN=none" in line

    @pytest.mark.parametrize("none", ["none", "NONE"])
    def test_none_says_that_nobody_is_asked_for_one(self, env_file: Path, none: str) -> None:
        settings = load({"base_url": "http://127.0.0.1:8000/users", "token": none}, env_file)
        assert not settings.access_controlled

    def test_any_other_says_that_one_is_asked_for(self, env_file: Path) -> None:
        assert load({"base_url": "http://127.0.0.1:8000/users", "token": TOKEN}, env_file).access_controlled

    def test_it_is_never_shown(self, env_file: Path) -> None:
        settings = load({"base_url": "http://127.0.0.1:8000/users", "token": TOKEN}, env_file)
        shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
        assert TOKEN not in shown

    def test_it_is_not_shown_beside_another_wrong_value(self, env_file: Path) -> None:
        env_file.write_text(f"TOKEN={TOKEN}\n", encoding="utf-8")
        assert TOKEN not in refusal(env_file, retry_attempts="none")


class TestAddress:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("http://127.0.0.1:8000/users/", "http://127.0.0.1:8000/users"),
            (" http://127.0.0.1:8000/users ", "http://127.0.0.1:8000/users"),
            ("https://ID.mockapi.io/api/v1/users", "https://ID.mockapi.io/api/v1/users"),
            ("http://[::1]:8000/users", "http://[::1]:8000/users"),
        ],
    )
    def test_a_right_one_is_kept_without_its_last_slash(self, env_file: Path, given: str, kept: str) -> None:
        assert load({"base_url": given, "token": TOKEN}, env_file).base_url == kept


def test_every_duration_ends_in_s_and_says_seconds() -> None:
    for name, told in Settings.model_fields.items():
        assert told.description, name
        assert name.endswith("_s") == bool(re.search(r"\bseconds\b", told.description)), name
