"""Settings that were plainly meant end the run instead of being ignored, and no message shows a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tests.settings.test_settings import TOKEN, env_file, refusal

URL = "http://127.0.0.1:8000/users"
__all__ = ["env_file"]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (f"BASE_URL: {URL}", "line 1: BASE_URL is not understood. Write NAME=value"),
        (f"- BASE_URL={URL}", "line 1: BASE_URL is not understood. Write NAME=value"),
        (f"set BASE_URL={URL}", "line 1: BASE_URL is not understood. Write NAME=value"),
        (f'DATA_SEED=1\nBASE_URL="{URL}\nTOKEN={TOKEN}', "line 2: BASE_URL is not understood. Write NAME=value"),
        (f"BASE_URL='{URL}\nTOKEN='{TOKEN}'", "line 1: BASE_URL is not understood. Write NAME=value"),
        (f'EDITOR="vi\nBASE_URL={URL}\nTOKEN={TOKEN}"', "line 1: BASE_URL is not understood"),
        (f"BASE_URL {URL}", "line 1: BASE_URL is not understood. Write NAME=value"),
        ("BASE_URL", "line 1: BASE_URL is not understood. Write NAME=value"),
        (f"whatever {TOKEN}", "line 1: not understood. Write NAME=value"),
        (f"BASEURL={URL}", "line 1: BASEURL is not a setting. Did you mean BASE_URL?"),
        (f"BASE-URL={URL}", "line 1: BASE-URL is not a setting. Did you mean BASE_URL?"),
        (f"$env:BASE_URL={URL}", "line 1: $env:BASE_URL is not a setting. Did you mean BASE_URL?"),
        (f"BASE_ULR={URL}", "line 1: BASE_ULR is not a setting. Did you mean BASE_URL?"),
        ("TARGT=mockapi", "line 1: TARGT is not a setting. Did you mean TARGET?"),
        (f"TOEKN={TOKEN}", "line 1: TOEKN is not a setting. Did you mean TOKEN?"),
        ("REQUEST_TIMEOUT=3", "line 1: REQUEST_TIMEOUT is not a setting. Did you mean REQUEST_TIMEOUT_S?"),
    ],
)
def test_a_line_of_the_file_that_sets_nothing_is_an_error(env_file: Path, written: str, line: str) -> None:
    env_file.write_text(f"{written}\n", encoding="utf-8")
    said = refusal(env_file)
    assert said.startswith(f"{env_file}, {line}")
    assert TOKEN not in said
    assert URL not in said


def test_a_folder_in_place_of_the_file_is_an_error(env_file: Path) -> None:
    env_file.mkdir()
    assert refusal(env_file).startswith(f"{env_file}: it is a folder. Make it a file")


def test_a_link_to_nothing_is_an_error(env_file: Path) -> None:
    env_file.symlink_to(env_file.parent / "missing")
    assert "it links to a file that does not exist" in refusal(env_file)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BASEURL", "BASE_URL"),
        ("BASE_ULR", "BASE_URL"),
        ("TARGT", "TARGET"),
        ("TOKN", "TOKEN"),
        ("LOGLEVEL", "LOG_LEVEL"),
    ],
)
def test_a_variable_that_is_nearly_a_setting_is_an_error(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "anything")
    assert refusal(env_file) == (
        f"{name} (from the environment): it is not a setting. Did you mean {meant}? "
        "If it belongs to another program, unset it for the run."
    )


@pytest.mark.parametrize("name", ["TARGETS", "API_TOKEN", "WORKER", "HOME", "CI_JOB_TOKEN", "TARGET_PORT"])
def test_variables_of_other_programs_are_none(env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "anything")
    monkeypatch.setenv("BASE_URL", URL)
    assert "TOKEN: it is not set" in refusal(env_file)


@pytest.mark.parametrize(
    ("name", "value"), [("TOKEN", TOKEN), ("TARGET", "mockapi"), ("HIDE_BASE_URL", "1"), ("ALLOW_PRODUCTION", "true")]
)
def test_what_only_another_target_needs_is_not_set_without_its_url(env_file: Path, name: str, value: str) -> None:
    said = refusal(env_file, **{name: value})
    assert said.startswith(f"BASE_URL: it is not set, but {name} is. Put the URL of the users collection into BASE_URL")
    assert value not in said.split()
