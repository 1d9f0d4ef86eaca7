"""Where a setting comes from, and the error for a wrong one."""

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
    """Return the one line of the error for wrong settings."""
    with pytest.raises(SettingsError) as caught:
        load(overrides, env_file)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "the cause would show what was hidden"
    return line


def _takes(env_file: Path, name: str, value: str) -> bool:
    """Whether a setting takes a value as a number."""
    try:
        return isinstance(getattr(load({name: value}, env_file), name), int | float)
    except SettingsError:
        return False


class TestPrecedence:
    def test_the_default_counts_if_nothing_is_set(self, env_file: Path) -> None:
        assert load({}, env_file).retry_attempts == Settings.model_fields["retry_attempts"].default

    def test_the_file_overrides_the_default(self, env_file: Path) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\n", encoding="utf-8")
        assert load({}, env_file).retry_attempts == 7

    def test_the_environment_overrides_the_file(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\nRETRY_BASE_S=0.7\n", encoding="utf-8")
        monkeypatch.setenv("RETRY_ATTEMPTS", "8")
        settings = load({}, env_file)
        assert (settings.retry_attempts, settings.retry_base_s) == (8, 0.7)

    def test_the_command_line_overrides_the_environment(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("RETRY_ATTEMPTS=7\n", encoding="utf-8")
        monkeypatch.setenv("RETRY_ATTEMPTS", "8")
        monkeypatch.setenv("RETRY_BASE_S", "0.8")
        settings = load({"retry_attempts": "9"}, env_file)
        assert (settings.retry_attempts, settings.retry_base_s) == (9, 0.8)

    def test_the_letter_case_of_a_name_does_not_matter(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("retry_base_s", "0.8")
        assert load({"RETRY_ATTEMPTS": "9"}, env_file).retry_attempts == 9
        assert load({}, env_file).retry_base_s == 0.8

    def test_an_empty_value_brings_the_default_back(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("BASE_URL=http://127.0.0.1:9/users\nTOKEN=pear\nDATA_SEED=\n", encoding="utf-8")
        assert load({}, env_file).base_url == "http://127.0.0.1:9/users"
        assert load({"base_url": "", "token": ""}, env_file).base_url is None
        monkeypatch.setenv("BASE_URL", "")
        monkeypatch.setenv("TOKEN", "")
        settings = load({}, env_file)
        assert (settings.base_url, settings.token, settings.data_seed) == (None, None, None)

    def test_foreign_names_in_the_file_are_ignored(self, env_file: Path) -> None:
        env_file.write_text("EDITOR=vi\nDATA_SEED=3\n", encoding="utf-8")
        assert load({}, env_file).data_seed == 3


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "value", "wants"),
        [
            ("base_url", "http://", "an http:// or https:// URL"),
            ("base_url", "http://127.0.0.1:70000/users", "an http:// or https:// URL"),
            ("base_url", "http://[::1/users", "an http:// or https:// URL"),
            ("base_url", "http://127.0.0.1/users?", "an http:// or https:// URL"),
            ("base_url", "http://127.0.0.1/users#", "an http:// or https:// URL"),
            ("base_url", "http://127.0.0.1/a b", "an http:// or https:// URL"),
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
            ("burst", "1", "a number greater than or equal to 2"),
            ("race_contenders", "101", "a number less than or equal to 100"),
            ("race_miss_probability", "1", "a number less than 1"),
            ("data_seed", "abc", "a whole number"),
            ("strict", "perhaps", "true or false"),
            ("log_level", "LOUD", "one of DEBUG, INFO, WARNING, ERROR"),
        ],
    )
    @pytest.mark.parametrize("source", ["-D", "environment", ".env"])
    def test_the_error_names_the_setting_its_source_and_the_wanted_value(
        self, env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, wants: str, source: str
    ) -> None:
        if source == "-D":
            line = refusal(env_file, token=TOKEN, **{name: value})
            origin = f"from -D {name}"
        elif source == "environment":
            monkeypatch.setenv(name.upper(), value)
            line, origin = refusal(env_file, token=TOKEN), "from the environment"
        else:
            env_file.write_text(f"{name.upper()}={value}\n", encoding="utf-8")
            line, origin = refusal(env_file, token=TOKEN), "from .env"
        assert line.startswith(f"{name.upper()} ({origin}): it got {value!r}; it wants {wants}")
        assert line.count(name.upper()) == 1

    @pytest.mark.parametrize("value", ["nan", "-nan", "inf", "-inf", "Infinity", "1e999"])
    def test_no_number_is_infinite_or_nan(self, env_file: Path, value: str) -> None:
        numbers = [
            name for name in Settings.model_fields if _takes(env_file, name, "0.5") or _takes(env_file, name, "3")
        ]
        assert len(numbers) > 10
        assert [name for name in numbers if _takes(env_file, name, value)] == []

    def test_a_long_value_is_shortened(self, env_file: Path) -> None:
        assert len(refusal(env_file, retry_attempts="9" * 5000)) < 400

    @pytest.mark.parametrize("token", ["pear tree", "pear\ttree", "pear\ntree", "Birnbäumchen"])
    def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(self, env_file: Path, token: str) -> None:
        line = refusal(env_file, token=token)
        assert line.startswith("TOKEN (from -D token): it got a value that is not shown; it wants visible ASCII")
        assert token not in line
        assert token[:4] not in line

    @pytest.mark.parametrize(
        "url", ["http://ada:pear-tree@127.0.0.1/users", "pear-tree@127.0.0.1", "http:ada:pear-tree@127.0.0.1"]
    )
    def test_a_url_with_a_password_is_refused_and_not_shown(self, env_file: Path, url: str) -> None:
        line = refusal(env_file, base_url=url, token=TOKEN)
        assert "it got a value that is not shown; it wants a" in line
        assert "pear-tree" not in line

    @pytest.mark.parametrize("value", [TOKEN, "ftp://127.0.0.1/users", "127.0.0.1:8000/users"])
    def test_a_base_url_that_is_no_url_is_refused_and_not_shown(self, env_file: Path, value: str) -> None:
        line = refusal(env_file, base_url=value, token="another")
        assert line.startswith("BASE_URL (from -D base_url): it got a value that is not shown; it wants an http://")
        assert value not in line

    @pytest.mark.parametrize("url", ["https://127.0.0.1/users", " HTTP://ada:pear-tree@127.0.0.1/users"])
    def test_a_swapped_url_and_token_are_reported_as_swapped(
        self, env_file: Path, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        env_file.write_text(f"BASE_URL={TOKEN}\n", encoding="utf-8")
        monkeypatch.setenv("TOKEN", url)
        assert refusal(env_file) == (
            "BASE_URL (from .env): it got a value that is not shown. "
            "TOKEN (from the environment) holds a URL: the two look swapped."
        )

    @pytest.mark.parametrize("sign", ["?", "#"])
    def test_a_url_is_shown_without_its_query_and_fragment(self, env_file: Path, sign: str) -> None:
        line = refusal(env_file, base_url=f"https://127.0.0.1/users{sign}api_key=pear-tree", token=TOKEN)
        assert f"it got 'https://127.0.0.1/users{sign}…'" in line
        assert "without ?, # or white space" in line
        assert "pear-tree" not in line

    def test_a_file_that_is_not_text_is_named(self, env_file: Path) -> None:
        env_file.write_bytes(b"TOKEN=\xff\xfe\n")
        assert refusal(env_file) == f"{env_file}: the file is not UTF-8 text. Save it as UTF-8."

    def test_an_unreadable_file_is_named(self, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env_file.write_text("DATA_SEED=3\n", encoding="utf-8")

        def refused(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refused)
        assert refusal(env_file) == f"{env_file}: the file cannot be read (Permission denied). Make it readable."


class TestUnknownNames:
    def test_the_nearest_name_is_suggested(self, env_file: Path) -> None:
        assert refusal(env_file, retry_attempt="3") == (
            "-D retry_attempt: there is no such setting. Did you mean retry_attempts?"
        )

    def test_the_error_names_the_list_if_no_name_is_similar(self, env_file: Path) -> None:
        assert refusal(env_file, xyzzy="3") == ("-D xyzzy: there is no such setting. .env.example lists all settings.")


class TestToken:
    def test_a_base_url_needs_one(self, env_file: Path) -> None:
        line = refusal(env_file, base_url="http://127.0.0.1:8000/users")
        assert line.startswith("TOKEN: it is not set, and this is not the embedded API.")
        assert "TOKEN=none" in line

    @pytest.mark.parametrize("none", ["none", "NONE"])
    def test_none_says_that_the_api_asks_for_none(self, env_file: Path, none: str) -> None:
        settings = load({"base_url": "http://127.0.0.1:8000/users", "token": none}, env_file)
        assert not settings.access_controlled

    def test_any_other_value_says_that_the_api_asks_for_one(self, env_file: Path) -> None:
        assert load({"base_url": "http://127.0.0.1:8000/users", "token": TOKEN}, env_file).access_controlled

    def test_it_is_never_shown(self, env_file: Path) -> None:
        settings = load({"base_url": "http://127.0.0.1:8000/users", "token": TOKEN}, env_file)
        shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
        assert TOKEN not in shown

    def test_it_is_not_shown_beside_another_wrong_value(self, env_file: Path) -> None:
        env_file.write_text(f"TOKEN={TOKEN}\n", encoding="utf-8")
        assert TOKEN not in refusal(env_file, retry_attempts="none")


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("http://127.0.0.1:8000/users/", "http://127.0.0.1:8000/users"),
            (" http://127.0.0.1:8000/users ", "http://127.0.0.1:8000/users"),
            ("https://ID.mockapi.io/api/v1/users", "https://ID.mockapi.io/api/v1/users"),
            ("http://[::1]:8000/users", "http://[::1]:8000/users"),
        ],
    )
    def test_a_valid_one_is_stored_without_its_last_slash(self, env_file: Path, given: str, stored: str) -> None:
        assert load({"base_url": given, "token": TOKEN}, env_file).base_url == stored


def test_every_duration_ends_in_s_and_says_seconds() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert name.endswith("_s") == bool(re.search(r"\bseconds\b", field.description)), name
