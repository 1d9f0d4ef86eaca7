"""Fixtures that all tests share: a scripted server, one embedded API per process, and sessions on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

from support.errors import SettingsError
from support.prove.candidates import read_share
from support.scenario.session import Session
from support.settings import Settings, load
from support.target.embedded import EmbeddedApi, Target
from support.tests.certificates import new_certificate
from support.tests.scripted import Act, ScriptedServer

Script = Callable[..., ScriptedServer]
NewSession = Callable[..., Session]
hypothesis.settings.register_profile(
    "a shared machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("a shared machine")


def pytest_xdist_auto_num_workers() -> int:
    """Let `-n auto` be three workers for each processor: many tests wait for processes and polls."""
    return 3 * (os.cpu_count() or 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the tests that take long or of which there are many alike."""
    says = (
        "play the I-th of N shares of the tests marked `sampled`, or with commit/N the one of the commit's hash (all)"
    )
    parser.addoption("--sample", metavar="I/N", default="1/1", help=says)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are not in the share."""
    try:
        share = read_share(config.getoption("sample"), "--sample")
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    sampled = [item for item in items if item.get_closest_marker("sampled")]
    deselected = set(sampled) - set(share.of_all(sampled))
    config.hook.pytest_deselected(items=[item for item in items if item in deselected])
    items[:] = [item for item in items if item not in deselected]


@pytest.fixture(scope="session", autouse=True)
def no_settings() -> Iterator[None]:
    """Keep the settings of this machine out of the tests, and out of the processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower() in Settings.model_fields]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def signals_not_ignored() -> None:
    """Handle signals even in the background or under nohup: child processes would inherit that they are ignored."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture
def script() -> Iterator[Script]:
    """Start servers that answer by a script and end with the test."""
    with ExitStack() as stack:
        yield lambda *acts, **options: stack.enter_context(ScriptedServer(*acts, **options))


@pytest.fixture
def unused_port() -> int:
    """A port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    return new_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def embedded() -> Iterator[Target]:
    """One embedded API for all tests of a process."""
    api = EmbeddedApi()
    yield api.target
    api.close()


@pytest.fixture
def new_session(tmp_path: Path) -> Iterator[NewSession]:
    """Open sessions on a target, with their own journal, until the test ends."""
    with ExitStack() as stack:

        def opened(target: Target, /, **changes: object) -> Session:
            session = Session(settings_for(tmp_path, **changes), target)
            stack.callback(session.close)
            return session

        yield opened


def settings_for(folder: Path, **changes: object) -> Settings:
    """Return settings without those of the environment and of .env."""
    settings = load({"state_dir": str(folder / "state"), "data_seed": "1"}, env_file=folder / "no.env")
    return settings.model_copy(update=changes)


__all__ = ["Act", "NewSession", "Script", "settings_for"]
