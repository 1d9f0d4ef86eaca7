"""The probe drafts, with no hand, profiles that run, for users APIs of many makes, and leaves nobody behind."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from support.profile_files import load
from support.sandbox.store import User
from support.tests.probe.conventions import ExpressZod, Hapi, JsonApi, Spring
from support.tests.probe.demanding import Envelope, Eve, FastApiUsers, Scim
from support.tests.probe.frameworks import DjangoRest, FastApi, Laravel, Nest, Rails
from support.tests.probe.makes import TOKEN, Make
from support.tests.probe.platforms import Gin, Kinto, SpringDataRest, Strapi, Stripe, Supabase, UnknownFirst
from support.tests.probe.services import Directus, Graph, Keycloak, Mock, Okta, Parse, PocketBase, Private, Tenant
from support.tests.target.conftest import Command, command

__all__ = ["command"]
MAKES = (
    FastApi,
    DjangoRest,
    Rails,
    Laravel,
    Nest,
    ExpressZod,
    JsonApi,
    Spring,
    Hapi,
    FastApiUsers,
    Eve,
    Envelope,
    Scim,
    Strapi,
    SpringDataRest,
    Stripe,
    Gin,
    Supabase,
    Keycloak,
    PocketBase,
    Parse,
    Graph,
    Okta,
    Kinto,
    UnknownFirst,
)


DRAFTED = {Keycloak: 'page = "first"', Okta: 'format = "profile.email eq', PocketBase: 'created_at = "spaced"'}
"""What only the draft of one make says."""


@contextlib.contextmanager
def served(make: Make) -> Iterator[str]:
    """Serve a make as long as the context lasts; return the URL of its users."""
    sock = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make, lifespan="off", ws="none", log_level="error"))
    thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}{make.collection}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.sampled
@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
def test_a_draft_by_the_probe_runs(make: type[Make], command: Command, tmp_path: Path) -> None:
    api, draft = make(), tmp_path / "ours.toml"
    with served(api) as url:
        probed = command("support.probe", url, "--out", str(draft), token=TOKEN)
        assert probed.code == 0, probed.said
        assert not api.api.store.all_users()
        assert DRAFTED.get(make, "") in draft.read_text(encoding="utf-8")
        ran = command("behave", "--tags=@smoke", "--no-color", base_url=url, token=TOKEN, target=str(draft))
        assert ran.code == 0, f"{draft.read_text(encoding='utf-8')}\n{ran.said}"
        assert not api.api.store.all_users()


def test_a_target_that_hides_who_is_gone_is_refused_before_anybody_is_created(command: Command, tmp_path: Path) -> None:
    api, draft = Directus(), tmp_path / "ours.toml"
    with served(api) as url:
        probed = command("support.probe", url, "--out", str(draft), token=TOKEN)
    assert probed.code == 2, probed.said
    assert probed.err.startswith(
        "configuration error: an id that no user has gives 403, so nothing would show that users are deleted"
    )
    assert len(probed.err.splitlines()) == 1
    assert not api.others


@pytest.mark.parametrize("by", ["a user who is there", "--from"])
def test_an_api_that_says_403_for_unknown_ids_can_be_drafted(command: Command, tmp_path: Path, by: str) -> None:
    api, known, draft = Directus(), tmp_path / "known.toml", tmp_path / "ours.toml"
    existing = [User("1", "Hedy", "hedy@example.org", "2026-01-02T03:04:05.678Z")] if by != "--from" else []
    api.api.store.add_existing(existing)
    known.write_text('name = "known"\ndescription = "d"\n[answers]\nunknown = [403]\ngone = [403]\n', encoding="utf-8")
    with served(api) as url:
        options = ["--from", str(known)] if by == "--from" else []
        probed = command("support.probe", url, *options, "--out", str(draft), token=TOKEN)
        assert probed.code == 0, probed.said
        assert "gone = [403" in draft.read_text(encoding="utf-8")
        ran = command("behave", "--tags=@smoke", "--no-color", base_url=url, token=TOKEN, target=str(draft))
    assert ran.code == 0, f"{draft.read_text(encoding='utf-8')}\n{ran.said}"
    assert api.api.store.all_users() == existing


def test_a_target_that_empties_users_by_what_it_cannot_read_gets_nothing_of_the_kind(
    command: Command, tmp_path: Path
) -> None:
    api, draft = Mock(), tmp_path / "ours.toml"
    with served(api) as url:
        probed = command("support.probe", url, "--out", str(draft), token=TOKEN)
    assert probed.code == 0, probed.said
    excluded = load(str(draft)).excluded
    for scenario in ("A PATCH with text that is not JSON", "Five users after many refusals"):
        assert any(one.covers(scenario) for one in excluded)
    assert not api.others


def test_a_target_that_hides_emails_is_refused_in_one_line(command: Command, tmp_path: Path) -> None:
    api, draft = Private(), tmp_path / "ours.toml"
    with served(api) as url:
        probed = command("support.probe", url, "--out", str(draft), token=TOKEN)
    assert probed.code == 2, probed.said
    assert "configuration error: a read of a new user shows no email, by which the suite knows" in probed.err
    assert not api.api.store.all_users()


def test_what_no_refusal_tells_comes_from_a_profile(command: Command, tmp_path: Path) -> None:
    api, known, draft = Tenant(), tmp_path / "known.toml", tmp_path / "ours.toml"
    with served(api) as url:
        alone = command("support.probe", url, "--out", str(draft), token=TOKEN)
        assert alone.code == 2
        assert "The connection does not exist." in alone.err
        assert alone.err.strip().endswith("Write what it asks for into a profile, and name it with --from.")
        known.write_text(
            'name = "known"\ndescription = "what we know"\n[create]\nconnection = "people"\n'
            '[headers]\nX-Gateway-Key = "${GATEWAY_KEY}"\n',
            encoding="utf-8",
        )
        settings = {"token": TOKEN, "gateway_key": "hush-hush"}
        probed = command("support.probe", url, "--from", str(known), "--out", str(draft), **settings)
        assert probed.code == 0, probed.said
        assert 'X-Gateway-Key = "${GATEWAY_KEY}"' in draft.read_text(encoding="utf-8")
        assert f'connection = "people"  # from {known}' in draft.read_text(encoding="utf-8")
        ran = command("behave", "--tags=@smoke", "--no-color", base_url=url, target=str(draft), **settings)
        assert ran.code == 0, f"{draft.read_text(encoding='utf-8')}\n{ran.said}"
        assert not api.api.store.all_users()
