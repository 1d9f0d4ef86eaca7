"""How a run begins: as the settings say, or with one clear line.

Other processes, which are an embedded API and workers, are started before the clients and their libraries are imported,
so that each starts while the others do.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from behave.model import Feature

from support import open_standard_streams, profile_files
from support import settings as settings_module
from support.early_signals import FAULT
from support.errors import Inconclusive, SuiteError
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.reporting.run_report import RunReport, failed_to_start
from support.scenario.factory import new_seed
from support.settings import ROOT, Settings
from support.signals import Interrupts
from support.streams import say
from support.target.embedded import EmbeddedApi
from support.workers import AFTER_ALL_S, HEAD_START, Workers, number_of_shares, orders, shares

if TYPE_CHECKING:
    from support.run import Run

log = logging.getLogger("acceptance")
COLLECT_AFTER = 50_000


def begin(config: Any, features: list[Feature]) -> Run:
    """Open a run as the settings say, or end the process with one clear line."""
    open_standard_streams()  # once more: behave has read environment.py through the number of a missing one
    own = orders()
    interrupts = Interrupts(silent=own is not None)
    interrupts.install()
    reports = ROOT / "reports"
    try:
        settings = settings_module.load({**config.userdata, **(own.settings if own is not None else {})})
        set_up_logs(settings.log_level)
        reports = ROOT / settings.reports_dir
        return _open(settings, RunReport(config, reports, features), interrupts)
    except SuiteError as error:
        failed_to_start(error, reports)
        _leave(f"{error.outcome}: {error}" if own is None else "")
    except KeyboardInterrupt:
        fault: SuiteError = Inconclusive(f"{interrupts.in_brief()} before the first scenario; nothing was made")
        failed_to_start(fault, reports)
        _leave(f"{fault.outcome}: {fault}" if own is None else "")
    except Exception as error:
        fault = SuiteError(f"{type(error).__name__}: {error}")
        failed_to_start(fault, reports)
        _leave(f"{traceback.format_exc()}\n{fault.outcome}: {fault}")


def _open(settings: Settings, report: RunReport, interrupts: Interrupts) -> Run:
    """Start the processes that take part, and open the session meanwhile; where that fails, workers have ended."""
    own = orders()
    if own is not None:
        report.keep([feature for feature in report.features if feature.filename in own.files])
    embedded = EmbeddedApi() if settings.base_url is None else None
    count = number_of_shares(report.config, settings, profile_files.load(settings.target), report.features)
    seed = new_seed() if settings.data_seed is None else settings.data_seed
    most = max(1, settings.max_users_alive // count)
    settings = settings.model_copy(update={"max_users_alive": most, "data_seed": seed})
    others: list[list[Feature]] = []
    if count > 1:
        mine, *others = shares(report.features, report.config, count, HEAD_START if embedded else 0)
        report.keep(mine)
    workers = Workers()
    try:
        if embedded is not None:
            workers.start(others, settings, seed)
        run = _new_run(settings, embedded, report, interrupts, workers)
        if embedded is None:  # which may have been out of reach: that is told once
            workers.start(others, settings, seed)
        return run
    except BaseException:
        workers.interrupt()
        workers.end(settings.cleanup_deadline_s + AFTER_ALL_S)
        raise


def _new_run(
    settings: Settings, embedded: EmbeddedApi | None, report: RunReport, interrupts: Interrupts, workers: Workers
) -> Run:
    begun = time.monotonic()

    from support.reporting.allure import report_sink
    from support.run import Run
    from support.scenario.session import Session

    session = Session(settings, embedded)
    log.info("%s", f"target {session.target.base_url}, run {session.mark}, data seed {session.factory.seed}")
    report.meet(
        target=session.target.base_url,
        profile=session.profile.name,
        seed=session.factory.seed,
        registry=session.registry,
        metrics=session.recorder.metrics,
        recovered=session.recovered,
        bursts=session.concurrency_notes,
    )
    report.take_over()
    sink = report_sink(report.identity if orders() is None else {})
    sink.add_setup("open the target", time.monotonic() - begun, session.registry.ledger.in_brief)
    _collect_seldom()
    return Run(session, interrupts, report, sink, workers)


def _collect_seldom() -> None:
    """Keep what is there for good, such as all features, out of garbage collection."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _leave(line: str) -> NoReturn:
    """End the process with this line, if any, before behave prints a report of nothing."""
    say(sys.stderr, redacted(f"{line}\n" if line else ""))
    say(sys.stdout, "")
    os._exit(FAULT)
