"""Draft the profile of a target: `TOKEN=... python -m support.probe URL [--out FILE] [--with-run]`."""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from support import settings as settings_module
from support.errors import ContractViolation, LeftBehind, SettingsError, SuiteError
from support.probe.client import ProbeClient
from support.probe.connecting import connect
from support.probe.coverage import coverage
from support.probe.discovery import discover
from support.probe.draft import Draft
from support.probe.suite_run import add_deviations
from support.profile_files import load
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.reporting.results import Result
from support.settings import Settings

LEFT = 1
FAULT = 2
INTERRUPTED = 130
PATIENT = {"retry_attempts": 2, "retry_deadline_s": 5.0}
OPEN = {"hide_base_url": False}  # a draft names its target even if reports hide it


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if a draft was written, 1 if also a user of the probe is left, 2 without a draft, 130 if interrupted."""
    options = _parser().parse_args(arguments)
    try:
        set_up_logs("WARNING")
        settings = settings_module.load({"base_url": options.url}).model_copy(update={**PATIENT, **OPEN})
        url = str(settings.base_url)
        draft = Draft(_name(options.out, url), url, date.today())
        if options.known:
            draft.begin_with(options.known)
        left = _discover(settings, draft)
        results: Mapping[str, Result] = {}
        if options.with_run and not left:
            results = add_deviations(draft, options.with_run, partial(print, file=sys.stderr))
        elif options.with_run:
            draft.remarks.append("The suite has not run with this draft, as a user of the probe is left: delete them.")
        else:
            draft.remarks.append("The suite has not run with this draft: --with-run adds the deviations that it finds.")
        draft.remarks += coverage(draft.profile, results)
        _write(draft, options.out)
    except (SuiteError, ContractViolation) as error:
        print(redacted(of_this_command(f"{error.outcome}: {error}")), file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return LEFT if left else 0


def of_this_command(text: str) -> str:
    """Return an error with the arguments of this command in place of the settings of a run."""
    text = re.sub(r"\bPut ([^.;]+?) into BASE_URL", r"Call the probe with \1", text)
    text = re.sub(r"\bput ([^.;]+?) into BASE_URL", r"call the probe with \1", text)
    text = text.replace("TARGET=./ours.toml", "--from ours.toml").replace("RETRY_DEADLINE_S", "the probe's deadline")
    return re.sub(r"(?<!_)BASE_URL( \(from -D base_url\))?", "URL", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m support.probe",
        description="Drafts the profile of a users API: creates a few users, changes them and deletes them.",
        epilog="The token comes from TOKEN or TOKEN_COMMAND, in the environment or .env; TOKEN=none if there is none.",
    )
    parser.add_argument("url", metavar="URL", help="URL of the users collection")
    parser.add_argument("--out", metavar="FILE", help="write the draft to this .toml file instead of standard output")
    parser.add_argument(
        "--from", dest="known", metavar="PROFILE", help="begin with this profile, without its known deviations"
    )
    parser.add_argument(
        "--with-run",
        metavar="TAGS",
        nargs="?",
        const="@contract",
        help="run the suite with the draft, or its scenarios with these tags, and add the deviations that it finds",
    )
    return parser


def _name(out: str | None, url: str) -> str:
    if out is None:
        return re.sub(r"[^a-z0-9]+", "-", (urlsplit(url).hostname or "draft").lower()).strip("-")
    if not out.endswith(".toml"):
        raise SettingsError(f"--out: it got {out!r}; it wants a file that ends in .toml, as TARGET does.")
    return Path(out).stem


def _discover(settings: Settings, draft: Draft) -> bool:
    """Fill the draft, and clean up even if a discovery fails; return whether a user is left."""
    with contextlib.closing(connect(settings, draft)) as connection:
        client = ProbeClient(connection, draft)
        try:
            discover(client)
        finally:
            left = _clean_up(client)
    return left


def _clean_up(client: ProbeClient) -> bool:
    try:
        client.clean_up()
    except (ContractViolation, LeftBehind) as error:
        print(redacted(f"{error.outcome}: {error}"), file=sys.stderr)
        return True
    return False


def _write(draft: Draft, out: str | None) -> None:
    if out is None:
        print(draft.text(), end="")
        return
    try:
        Path(out).write_text(draft.text(), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out: {out} cannot be written ({error.strerror}).") from None
    load(out)
    for remark in draft.remarks:
        print(redacted(remark), file=sys.stderr)
    command = f"BASE_URL={shlex.quote(draft.url)} TARGET={shlex.quote(out)} python -m behave --tags=@contract"
    print(redacted(f"{out} is a draft. Review it, then run: {command}"), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
