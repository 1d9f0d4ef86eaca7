"""Every setting, with its default and unit: `.env` < environment < `behave -D name=value`.

No other module reads settings from the environment, except `wrong_settings`, which explains a wrong value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from support.errors import SettingsError
from support.near_misses import check_env_file, check_environment
from support.wrong_settings import explain

ROOT = Path(__file__).resolve().parent.parent
NO_ACCESS_CONTROL = "none"

Seconds = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """The settings of a run. The names of the fields, in capitals, are the names of the settings."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    base_url: str | None = Field(None, description="URL of the users collection; empty: the embedded Users API")
    token: SecretStr | None = Field(
        None,
        description="bearer token, required with BASE_URL unless TOKEN_COMMAND is set; none: no access control",
    )
    token_command: str | None = Field(
        None, description="command that prints the token, in place of TOKEN; run again when the API refuses the token"
    )
    hide_base_url: bool = Field(
        False, description="show $BASE_URL and $BASE_URL_HOST instead of BASE_URL and its host in logs and reports"
    )
    target: str = Field(
        "contract", description="profile of the target: a name in support/profiles or a path to a TOML file"
    )
    contract: Literal["1.0", "1.1"] | None = Field(
        None,
        description="version of the contract to check; empty: the one that the profile names, by default the newest",
    )
    strict: bool = Field(
        False, description="let known deviations of the profile fail the run; the rest of the profile holds"
    )
    allow_production: bool = Field(False, description="allow a run against a target that looks like production")

    request_timeout_s: Seconds = Field(
        10.0, description="seconds to wait for a connection, and for the next byte of an answer"
    )
    retry_attempts: Count = Field(10, description="maximum number of attempts for one call, the first included")
    retry_base_s: Seconds = Field(
        0.1, description="seconds of backoff after the first attempt; doubles after each one, with full jitter"
    )
    retry_cap_s: Seconds = Field(
        3.0, description="longest wait in seconds between two attempts, unless the API sends a longer Retry-After"
    )
    retry_deadline_s: Seconds = Field(
        75.0,
        description="seconds for one call with all its attempts and waits; a 429 that asks for more ends the run",
    )
    max_answer_mb: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        8.0, description="largest answer in MiB that the suite reads; a list of users may be four times as large"
    )
    max_retried_share: Share | None = Field(
        None, description="share of calls, from 0 to 1, that retries may rescue before the run fails; empty: no limit"
    )
    consistency_window_s: Seconds = Field(
        0.3, description="seconds in which a user may still appear after the answer to the create was lost"
    )

    delete_deadline_s: Seconds = Field(10.0, description="seconds within which a deleted user must be gone")
    poll_first_s: Seconds = Field(
        0.025, description="seconds before the suite first checks again that a user is gone; doubles after each check"
    )
    poll_cap_s: Seconds = Field(1.0, description="longest wait in seconds between two such checks")
    cleanup_deadline_s: Seconds = Field(60.0, description="seconds for the cleanup when the run ends")
    max_users_alive: Count = Field(10_000, description="how many users of its own the suite may have at once")

    burst: Annotated[int, Field(ge=2)] = Field(
        100, description="users in the burst of configured size; the other bursts have fixed sizes of up to 210"
    )
    race_contenders: Annotated[int, Field(ge=2, le=100)] = Field(
        10, description="simultaneous sign-ups in each round of a race for one email"
    )
    race_miss_probability: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.001, description="accepted probability of missing a race of RACE_WINDOW_S; decides the number of rounds"
    )
    race_window_s: Seconds = Field(
        0.0002, description="seconds between check and write of the shortest race that the suite must find"
    )
    race_rounds: Count = Field(40, description="maximum number of rounds of a race")
    http2: bool = Field(
        True,
        description="bursts and races use HTTP/2 where the API speaks it; false: each request on its own connection",
    )
    fuzz_s: Annotated[float, Field(ge=0, le=1_000_000)] = Field(
        5.0, description="seconds at most for random sequences of actions"
    )

    again: Literal["failed"] | None = Field(
        None, description="failed: run only the scenarios that did not pass in the last run, with its seed"
    )
    repeat: Count = Field(
        1, description="how often each scenario runs; one whose results differ is flaky, and the run fails"
    )

    state_dir: Path = Field(
        Path(".acceptance"), description="folder of the journal of created users, which is kept between runs"
    )
    reports_dir: Path = Field(Path("reports"), description="folder for the reports of the run")
    data_seed: int | None = Field(
        None, description="seed of the test data; empty: each run draws a new one and prints it"
    )
    workers: Count | None = Field(
        None,
        description="processes that split the features; empty: 2 for many scenarios on the embedded API, else 1",
    )
    shard: str | None = Field(
        None,
        description="shard of the features that this machine runs, such as 2/4; python -m support.cli.merge joins them",
    )
    partial: Path | None = Field(
        None,
        description="internal, set by the suite in its worker processes: the reports of the run; leave it empty",
    )
    processes: Count = Field(
        1, description="internal, set by the suite: how many worker processes there are; leave it at 1"
    )
    process_number: Count = Field(
        1, description="internal, set by the suite: which of the worker processes this is; leave it at 1"
    )
    attach: Literal["failed", "all"] = Field(
        "failed", description="whose exchanges an Allure report has: failed (scenarios that did not pass) or all"
    )
    exit_codes: Literal["plain", "detailed"] = Field(
        "plain", description="detailed: each outcome of a run has an exit code of its own"
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_the_default(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Drop empty values only now that all sources are merged: an empty variable overrides what `.env` says."""
        return {name: value for name, value in values.items() if value != ""}

    @field_validator("base_url")
    @classmethod
    def _is_a_usable_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = value.strip()
        try:
            parts = urlsplit(value)
            has_user = parts.username is not None or parts.password is not None
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
            usable = usable and not re.search(r"[?#\s]", value)
        except ValueError:
            has_user = usable = False
        if has_user:
            raise ValueError("a URL without a user or password; put the token into TOKEN")
        if not usable:
            raise ValueError(
                "an http:// or https:// URL of the users collection, without ?, # or white space, such as "
                "https://ID.mockapi.io/api/v1/users"
            )
        return value.rstrip("/")

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
            return value
        raise ValueError(
            "visible ASCII characters without spaces: the token alone, without a word such as Bearer before it"
        )

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        if value.upper() in ("DEBUG", "INFO", "WARNING", "ERROR"):
            return value.upper()
        raise ValueError("one of DEBUG, INFO, WARNING, ERROR")

    @field_validator("shard")
    @classmethod
    def _is_one_of_the_shards(cls, value: str | None) -> str | None:
        number, _, count = (value or "1/1").partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise ValueError("one of several shards, such as 2/4")
        return value

    @property
    def shard_of(self) -> tuple[int, int]:
        """The number of the shard, and how many shards there are."""
        number, _, count = (self.shard or "1/1").partition("/")
        return int(number), int(count)

    @property
    def access_controlled(self) -> bool:
        """Whether the target asks for a token."""
        return self.token is None or self.token.get_secret_value().lower() != NO_ACCESS_CONTROL


def from_environment(name: str) -> str | None:
    """Return what a profile asks for by name, from the environment or from `.env`."""
    from dotenv import dotenv_values

    return os.environ.get(name) or dotenv_values(ROOT / ".env").get(name)


def load(overrides: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read the settings; `overrides` (from `-D`) take precedence over all sources.

    Raises SettingsError with one line that names the setting, where it came from, what it got and what it wants.
    """
    chosen = {name.lower(): value for name, value in (overrides or {}).items()}
    for name in chosen:
        if name not in Settings.model_fields:
            raise SettingsError(f"-D {name}: there is no such setting. {_suggestion(name)}")
    env_file = env_file or ROOT / ".env"
    check_environment(os.environ, Settings.model_fields)
    try:
        check_env_file(env_file, Settings.model_fields)
        settings = Settings(_env_file=env_file, _env_file_encoding="utf-8", **chosen)  # type: ignore[arg-type,call-arg]
    except ValidationError as error:
        raise SettingsError(explain(error, chosen, env_file)) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file}: the file is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{env_file}: the file cannot be read ({error.strerror}). Make it readable.") from None
    if settings.base_url and settings.token is None and settings.token_command is None:
        raise SettingsError(
            "TOKEN: it is not set, and this is not the embedded API. Set TOKEN to the token of the API, "
            "TOKEN_COMMAND to a command that prints it, or TOKEN=none if the API has no access control."
        )
    if settings.token is not None and settings.token_command is not None:
        raise SettingsError("TOKEN_COMMAND: TOKEN is set, too. Keep the one that the run is to use.")
    if settings.base_url is None and (meant := _meant_for_another_target(settings)):
        raise SettingsError(
            f"BASE_URL: it is not set, but {meant} is. Put the URL of the users collection into BASE_URL, "
            f"or remove {meant} to test the embedded API."
        )
    return settings


def _meant_for_another_target(settings: Settings) -> str | None:
    """Return the first setting that is useless with the embedded API but differs from its default."""
    names = ("token", "token_command", "target", "hide_base_url", "allow_production")
    return next(
        (name.upper() for name in names if getattr(settings, name) != Settings.model_fields[name].default), None
    )


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, Settings.model_fields, n=1)
    return f"Did you mean {close[0]}?" if close else ".env.example lists all settings."
