"""A target that looks like production is refused before any request, unless that is allowed."""

from pathlib import Path

import pytest

from support.errors import SettingsError
from support.profile import Profile
from support.target.opening import refuse_production
from support.tests.conftest import settings_for
from support.tests.target.conftest import Command, NewProfile, NewTarget, Play

OF_PRODUCTION = (
    "prod.example.com",
    "api.prod.example.com",
    "api-prod.example.com",
    "PROD.example.com",
    "production.example.com",
    "users-production.example.com",
    "eu_production.example.com",
    "live.example.com",
    "api.live",
    "prod1.example.com",
    "prd.example.com",
    "prod",
)
OF_OTHERS = (
    "delivery.example.com",
    "product-catalogue.staging.example.com",
    "products.example.com",
    "livestock.example.com",
    "alive.example.com",
    "reproduction.example.com",
    "olive.example.com",
    "staging.example.com",
    "127.0.0.1",
    "abc.mockapi.io",
)


@pytest.mark.parametrize("host", OF_PRODUCTION)
def test_a_host_that_is_named_like_production_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="ALLOW_PRODUCTION=true"):
        refuse_production(f"https://{host}/users", Profile(), settings_for(tmp_path))
    refuse_production(f"https://{host}/users", Profile(), settings_for(tmp_path, allow_production=True))


@pytest.mark.parametrize("host", OF_OTHERS)
def test_other_hosts_are_not(tmp_path: Path, host: str) -> None:
    refuse_production(f"https://{host}/prod/live/users", Profile(), settings_for(tmp_path))


def test_a_production_profile_is_refused_whatever_the_host(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the profile contract says that api\.example\.com is production"):
        refuse_production("https://api.example.com/users", Profile(production=True), settings_for(tmp_path))


def test_nothing_is_sent_to_production(command: Command) -> None:
    ended = command("behave", "--tags=@contract", base_url="http://prod.invalid/users", token="none")
    assert ended.code == 2
    [line] = [line for line in ended.err.splitlines() if "prod.invalid" in line]
    assert line.startswith("configuration error: BASE_URL: prod.invalid looks like production.")
    assert ended.summary.requests.sent == 0


def test_allowed_production_is_tested(play: Play, new_target: NewTarget, profile: NewProfile) -> None:
    target, own = new_target(), profile("production = true\n")
    assert play(target, own, "features/users/reading.feature").code == 2
    assert play(target, own, "features/users/reading.feature", allow_production="1").code == 0
