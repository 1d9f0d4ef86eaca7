"""Simulate many users on the target of BASE_URL and TOKEN, or on the embedded API: `python -m support.load`."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
from collections.abc import Sequence

from pydantic import SecretStr

from support import profile_files
from support import settings as settings_module
from support.errors import Inconclusive, Outcome, SettingsError, SuiteError
from support.load.processes import Plan, Processes, free_port
from support.load.verdict import FILE, Verdict, read_verdict
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.settings import ROOT, Settings
from support.signals import Interrupts
from support.streams import say
from support.target.embedded import EmbeddedApi
from support.target.opening import refuse_production
from support.target.sweeping import sweep

HERE, ANYWHERE, PORT = "127.0.0.1", "0.0.0.0", 5557


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if all is well, 1 if a rule was broken or a user is left behind, 2 if the load cannot tell."""
    options = _parser().parse_args(arguments)
    interrupts = Interrupts()
    interrupts.install()
    interrupts.shield()
    try:
        verdict = _run(options, interrupts)
    except SuiteError as error:
        verdict = Verdict(0, 0, {}).with_error(error)
    say(sys.stdout, redacted(f"{verdict}\n"))
    return verdict.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.load", description=__doc__)
    add = parser.add_argument
    add("--users", type=_count, default=50, metavar="N", help="how many users play at once (50)")
    add("--spawn-rate", type=_count, metavar="N", help="how many of them begin in a second (a fifth of them)")
    add("--time", type=_count, default=30, metavar="S", help="for how many seconds (30)")
    where = "processes that simulate users here; with --only master, on all machines (2)"
    add("--workers", type=_count, default=2, metavar="N", help=where)
    add("--only", choices=("master", "workers"), help="the part of this machine, for a load from several")
    add("--master", metavar="HOST", help="where the master is that these workers join")
    add(
        "--of",
        type=_count,
        metavar="N",
        help="with --only workers: how many workers the master has in all, which share the limits",
    )
    add("--port", type=_count, metavar="PORT", help=f"port of the master ({PORT})")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _run(options: argparse.Namespace, interrupts: Interrupts) -> Verdict:
    if importlib.util.find_spec("locust") is None:
        raise SettingsError(
            "Locust is not installed here. `make load` installs it into .venv-load: use .venv-load/bin/python"
        )
    settings = settings_module.load()
    set_up_logs(settings.log_level)
    plan = _plan(options)
    with contextlib.ExitStack() as stack:
        if settings.base_url is None:
            if options.only:
                raise SettingsError("BASE_URL: it is not set. Several machines need an API that all of them reach.")
            api = EmbeddedApi()
            stack.callback(api.close)
            target = {"base_url": api.target.base_url, "token": SecretStr(api.token)}
            settings = settings.model_copy(update=target)
        return _play(options.only, plan, settings, interrupts)


def _plan(options: argparse.Namespace) -> Plan:
    if (options.only == "workers") != (options.master is not None):
        raise SettingsError("--master and `--only workers` go together: give both, or neither")
    host = options.master or (ANYWHERE if options.only else HERE)
    port = options.port or (PORT if options.only else free_port())
    rate = options.spawn_rate or max(1, options.users // 5)
    return Plan(options.users, rate, options.time, options.workers, options.of or options.workers, host, port)


def _play(only: str | None, plan: Plan, settings: Settings, interrupts: Interrupts) -> Verdict:
    reports = ROOT / settings.reports_dir
    refuse_production(settings.base_url or "", profile_files.load(settings.target), settings)
    if faults := _swept(only, settings):
        raise faults[0]
    with contextlib.closing(Processes(_environment(plan, settings))) as processes:
        if only != "workers":
            (reports / FILE).unlink(missing_ok=True)
            processes.start_master(plan, reports)
        if only != "master":
            processes.start_workers(plan)
        died = processes.wait(interrupts.noted)
    verdict = Verdict(0, 0, {}) if only == "workers" else read_verdict(reports)
    for how in died:
        verdict = verdict.with_fault(Outcome.INCONCLUSIVE, f"a worker {how}, and what it saw last is lost")
    if interrupts.noted:
        verdict = verdict.with_error(Inconclusive(interrupts.in_brief()))
    for error in _swept(only, settings):
        verdict = verdict.with_error(error)
    if only != "workers":
        verdict.write(reports)
    return verdict


def _swept(only: str | None, settings: Settings) -> list[SuiteError]:
    """Delete the users that dead runs of this machine left, and return the errors; a master alone makes no users."""
    return [] if only == "master" else sweep(settings)


def _environment(plan: Plan, settings: Settings) -> dict[str, str]:
    """Return the settings of the processes: all workers together keep to the limits of one run."""
    token = settings.token.get_secret_value() if settings.token else ""
    target = {"BASE_URL": settings.base_url or "", **({"TOKEN": token} if token else {})}
    alive = max(1, settings.max_users_alive // plan.sharing)
    return {**target, "PROCESSES": str(plan.sharing), "MAX_USERS_ALIVE": str(alive)}


if __name__ == "__main__":
    sys.exit(main())
