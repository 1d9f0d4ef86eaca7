"""How a run begins as the settings say, or ends with one clear line.

The embedded API is started before the clients and their libraries are imported, so that both start at the same time.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from behave.model import Feature, Scenario

from support import open_standard_streams
from support import settings as settings_module
from support.early_signals import FAULT
from support.errors import Inconclusive, LeftBehind, SuiteError
from support.models import EMBEDDED_NAME
from support.order import playing_order
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.reporting.run_report import RunReport, failed_to_start
from support.selection import select_failed, selection_of
from support.settings import ROOT, Settings
from support.shards import Shard, select_shard
from support.signals import Interrupts
from support.streams import say
from support.target.embedded import EmbeddedApi

if TYPE_CHECKING:
    from support.reporting.summary import Summary
    from support.run import Run
    from support.scenario.session import Session

log = logging.getLogger("acceptance")
COLLECT_AFTER = 50_000


def begin(config: Any, features: list[Feature]) -> Run:
    """Open a run as the settings say, or end the process with one clear line; put the features into their order."""
    open_standard_streams()  # again: at the import, the open file environment.py had the number of a missing stream
    interrupts = Interrupts()
    interrupts.install()
    features.sort(key=playing_order)
    known = _Known()
    with _ending_in_one_line(interrupts, known):
        settings = settings_module.load(config.userdata)
        known.learn(settings)
        set_up_logs(settings.log_level)
        if settings.again:
            seed = select_failed(features, config, known.reports)
            settings = settings.model_copy(
                update={"data_seed": seed if settings.data_seed is None else settings.data_seed}
            )
        shard = select_shard(features, config, settings) if settings.partial is None else Shard()
        report = RunReport(config, known.reports, features, settings.partial, keeps_scripts=settings.again is not None)
        report.selection, report.shard, report.split = selection_of(config, settings), shard.name, shard.split
        report.detailed_codes = known.detailed_codes
        return _open(settings, report, interrupts)


def check_target(settings: Settings, config: Any, features: Sequence[Feature], processes: int) -> Summary:
    """Play the preflight once for all processes; return the run's summary, or end the process with one line."""
    interrupts = Interrupts()
    interrupts.install()
    known = _Known()
    known.learn(settings)
    set_up_logs(settings.log_level)
    with _ending_in_one_line(interrupts, known):
        from support.scenario.session import Session

        session = Session(settings)
        report = RunReport(config, known.reports)
        report.describe_run(session, _play_preflight(session, interrupts))
        _tell_what_it_does(session, features, config, processes)
        try:
            session.registry.prove_nothing_is_left(session.settings.cleanup_deadline_s)
            session.registry.ledger.close()
        except LeftBehind as left:  # the features show which rule that breaks
            report.add_fault(left)
        session.close()
    interrupts.restore()
    return report.summary()


@dataclass
class _Known:
    """What is known of a run before it begins, for the line that says why it cannot."""

    reports: Path = ROOT / "reports"
    target: str = ""
    shard: str = ""
    detailed_codes: bool = False

    def learn(self, settings: Settings) -> None:
        self.reports = ROOT / settings.reports_dir
        self.shard = settings.shard or ""
        self.detailed_codes = settings.exit_codes == "detailed"
        self.target = "$BASE_URL" if settings.hide_base_url else settings.base_url or EMBEDDED_NAME


@contextlib.contextmanager
def _ending_in_one_line(interrupts: Interrupts, known: _Known) -> Iterator[None]:
    """End the process with one line that says why the run cannot begin."""
    try:
        yield
    except SuiteError as error:
        _fail(error, known)
    except KeyboardInterrupt:
        left = "the next run deletes a user that is left"
        _fail(Inconclusive(f"{interrupts.in_brief()} before the first scenario; {left}"), known)
    except Exception as error:
        _fail(SuiteError(f"{type(error).__name__}: {error}"), known, f"{traceback.format_exc()}\n")


def _open(settings: Settings, report: RunReport, interrupts: Interrupts) -> Run:
    """Start the embedded API, if that is the target, and open the session while it starts."""
    begun = time.monotonic()
    embedded = EmbeddedApi() if settings.base_url is None else None

    from support.reporting.allure import report_sink
    from support.run import Run
    from support.scenario.session import Session

    session = Session(settings, embedded)
    learned = [] if settings.base_url is None or settings.partial else _play_preflight(session, interrupts)
    session.listed_at_first = None  # frees memory: the list may be very long
    level = logging.INFO if settings.partial is None else logging.DEBUG
    log.log(level, "%s", f"target {session.target.base_url}, run {session.mark}, data seed {session.factory.seed}")
    report.describe_run(session, learned)
    if settings.base_url is not None and settings.partial is None:
        _tell_what_it_does(session, report.features, report.config)
    report.take_over()
    sink = report_sink(report.summary().identity, settings.attach == "all")
    sink.add_setup("open the target", time.monotonic() - begun, session.registry.ledger.in_brief)
    gc.freeze()  # the garbage collector then skips what lasts for the whole run, such as all features
    gc.set_threshold(COLLECT_AFTER)
    return Run(session, interrupts, report, sink)


def _tell_what_it_does(session: Session, features: Sequence[Feature], config: Any, processes: int = 1) -> None:
    """Log what the run will do to the target, and how long that takes if answers stay as fast as they were so far."""
    from support.contract.tags import reason_to_skip
    from support.reporting.forecast import forecast

    attempts = [attempt for exchange in session.recorder.exchanges for attempt in exchange.attempts]
    answers_s = [attempt.outcome.seconds for attempt in attempts] or [0.0]
    limits, has_token = session.connection.pacer.limits, session.target.token is not None

    def is_played(scenario: Scenario) -> bool:
        return reason_to_skip(scenario, session.profile, has_token) is None

    log.info("%s", forecast(features, config, limits, answers_s, processes, is_played, session.settings.repeat))


def _play_preflight(session: Session, interrupts: Interrupts) -> list[str]:
    """Play the preflight; return what it learned. If it fails, delete its user, or name the user in the error."""
    from support.target.first_user import FirstUser

    user = FirstUser(session.http, session.registry)
    try:
        user.play(session.listed_at_first)
    except BaseException as error:
        interrupts.shield()
        ended = user.clean_up_after(error)
        session.close()
        raise ended from None
    long = ["the list is long: if a search shows the same, only scenarios about the list read it"]
    return [*user.learned, *(long if session.list_is_long else [])]


def _fail(fault: SuiteError, known: _Known, details: str = "") -> NoReturn:
    """Print a fault's details, such as users who are left, then one line; end before behave prints an empty report."""
    details = details or "".join(f"{line}\n" for line in str(fault).splitlines()[1:])
    summary = failed_to_start(fault, known.reports, known.target, known.shard)
    say(sys.stderr, redacted(f"{details}{summary.in_one_line}\n"))
    say(sys.stdout, "")
    os._exit(summary.outcome.exit_code(known.detailed_codes, FAULT))
