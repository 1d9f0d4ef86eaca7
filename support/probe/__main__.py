"""Draft the profile of a target: `TOKEN=... python -m support.probe URL [--out FILE] [--with-run]`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from support import settings as settings_module
from support.errors import ContractViolation, LeftBehind, SettingsError, SuiteError
from support.http.operations import execute
from support.http.policy import Policy
from support.http.route import route_to
from support.http.session_client import SessionClient
from support.http.urls import destination
from support.models import Call, Credential
from support.probe.asking import Asker
from support.probe.draft import Draft, told
from support.probe.questions import ask_everything
from support.probe.running import deviations_from_a_run
from support.profile import Profile
from support.profile_files import load
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.settings import Settings
from support.target.connection import Connection
from support.target.preflight import refuse_production

FAULT = 2
LEFT = 1
INTERRUPTED = 130
PATIENT = {"retry_attempts": 2, "retry_deadline_s": 5.0}
OPEN = {"hide_base_url": False}  # a draft is no report, and names its target
REDIRECTS = (301, 302, 307, 308)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where a draft was written, 1 where somebody was left behind as well, 2 where there is none."""
    options = _parser().parse_args(arguments)
    try:
        set_up_logs("WARNING")
        settings = settings_module.load({"base_url": options.url}).model_copy(update={**PATIENT, **OPEN})
        address = str(settings.base_url)
        draft = Draft(_name(options.out, address), address, date.today())
        left = _look(settings, draft)
        if options.with_run and not left:
            deviations_from_a_run(draft, address)
        else:
            draft.remark("Races, bursts and most invalid values were not tried: a draft made with --with-run has them.")
        _write(draft, options.out)
    except SuiteError as error:
        said = f"{error.outcome}: {error}".replace("BASE_URL (from -D base_url)", "URL")
        print(redacted(said), file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return LEFT if left else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m support.probe",
        description="Looks at a users collection with a handful of harmless requests, and drafts a profile of it.",
        epilog="The bearer token comes from TOKEN in the environment or in .env; TOKEN=none where there is none.",
    )
    parser.add_argument("url", metavar="URL", help="address of the users collection")
    parser.add_argument("--out", metavar="FILE", help="write the draft here instead of showing it; ends in .toml")
    parser.add_argument(
        "--with-run", action="store_true", help="run the suite as well, and draft whatever is not kept in it"
    )
    return parser


def _name(out: str | None, address: str) -> str:
    if out is None:
        return re.sub(r"[^a-z0-9]+", "-", (urlsplit(address).hostname or "draft").lower()).strip("-")
    if not out.endswith(".toml"):
        raise SettingsError(f"--out: it got {out!r}; it wants a file that ends in .toml, as TARGET does.")
    return Path(out).stem


def _look(settings: Settings, draft: Draft) -> bool:
    """Ask everything and clear up; say who was left behind, also where asking failed, and tell whether anybody was."""
    opened = Connection(settings, profile=_at_its_address(settings, draft))
    try:
        asker = Asker(opened, draft)
        try:
            ask_everything(asker)
        finally:
            left = _clear_up(asker)
            if left:
                print(redacted(left), file=sys.stderr)
    finally:
        opened.close()
    return bool(left)


def _clear_up(asker: Asker) -> str:
    try:
        asker.clear_up()
    except (ContractViolation, LeftBehind) as error:
        return f"{error.outcome}: {error}"
    return ""


def _at_its_address(settings: Settings, draft: Draft) -> Profile:
    """Return the contract's profile, with a slash at the end of addresses where the target redirects to one."""
    profile = load("contract")
    address = str(settings.base_url)
    refuse_production(address, profile, settings)
    call = Call("GET", address, _credential(settings), {"Accept": "application/json"})
    policy = Policy(settings.retry_attempts, settings.retry_base_s, settings.retry_cap_s, settings.retry_deadline_s)
    with SessionClient(settings.request_timeout_s, route_to(address)) as client:
        exchange = client.run(execute(call, policy))
    location = exchange.answer.header("Location") if exchange.answer and exchange.status in REDIRECTS else None
    there = destination(address, location) if location is not None else None
    if there is None or there.split("?")[0] != f"{address}/":
        return profile
    draft.learn("", "trailing_slash", True, told(exchange))
    return replace(profile, trailing_slash=True)


def _credential(settings: Settings) -> Credential:
    if settings.token is None or not settings.access_controlled:
        return Credential(None)
    redacted.hide(settings.token.get_secret_value())
    return Credential("$TOKEN", value=settings.token.get_secret_value())


def _write(draft: Draft, out: str | None) -> None:
    if out is None:
        print(draft.text(), end="")
        return
    try:
        Path(out).write_text(draft.text(), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out: {out} cannot be written ({error.strerror}).") from None
    load(out)
    print(f"{out} was drafted. Read it through, then run: TARGET={out} behave --tags=@contract", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
