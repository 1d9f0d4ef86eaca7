"""Run the features in several processes, each an ordinary run over its share, and report them as one run."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from behave.configuration import Configuration
from behave.exception import ConfigError, FileNotFoundError, InvalidFileLocationError, InvalidFilenameError
from behave.model import Feature
from behave.parser import ParserError
from behave.runner_util import parse_features

from support import profile_files
from support import settings as settings_module
from support.bootstrap import check_target
from support.cli.child import Child
from support.cli.splitting import locations_of, shares_of, wants_several
from support.cli.worker import Share
from support.early_signals import FAULT
from support.errors import Inconclusive, Outcome, SuiteError
from support.reporting.badge import write_badge
from support.reporting.console import Console
from support.reporting.merging import merge, merged_text
from support.reporting.progress import read_standing, together
from support.reporting.results import worst_outcome
from support.reporting.run_report import FAILED, UNREAD, make_ready, not_run, publish, with_faults
from support.reporting.summary import ScenarioResult, Summary, with_results
from support.reporting.terminal import SIGN_OF_LIFE_S
from support.run_checks import faults_of_run
from support.scenario.factory import new_seed
from support.selection import selection_of
from support.settings import ROOT, Settings
from support.shards import Shard, select_shard
from support.signals import Interrupts, how_it_ended
from support.streams import say

FOLDER_FORMATS = ("allure", "allure_behave.formatter:AllureFormatter")
TIME_OF_LOG_LINE = re.compile(r"^\d\d:\d\d:\d\d ")
LOOK_AGAIN_S = 0.02
SHOW_PROGRESS_S = 0.2
AFTER_CLEANUP_S = 10.0
BAD_ARGUMENTS = (ConfigError, FileNotFoundError, InvalidFileLocationError, InvalidFilenameError, ParserError)


def hand_over() -> None:
    """If several processes are wanted, run the features in them and end this process; else return.

    It also returns if arguments or settings are wrong: the ordinary run, which follows, reports them.
    """
    if not _is_behave(Path(sys.argv[0])):
        return
    try:
        config = Configuration(sys.argv[1:])
        settings = settings_module.load(config.userdata)
        if not wants_several(config, settings):
            return
        features = list(parse_features(locations_of(config), language=config.lang))
        shard = select_shard(features, config, settings)
        shares = shares_of(features, config, settings)
        if len(shares) < 2:
            return
        make_ready(ROOT / settings.reports_dir)
        _make_shared_folders(config)
    except (SuiteError, OSError, *BAD_ARGUMENTS):
        return
    with TemporaryDirectory(prefix="users-acceptance-", ignore_cleanup_errors=True) as folder:
        code = ParallelRun(config, settings, shares, Path(folder), shard).run()
    sys.exit(code)


def _formats(config: Any) -> list[tuple[str, Any]]:
    """Return the formats that have an output, each with that output."""
    return list(zip(config.format or [], config.outputs, strict=False))


def _make_shared_folders(config: Any) -> None:
    """Create the folders that all processes write into: the libraries do not expect another process to do it."""
    folders = [output.name for name, output in _formats(config) if name in FOLDER_FORMATS and output.name]
    for folder in [*folders, *([config.junit_directory] if config.junit else [])]:
        Path(folder).mkdir(parents=True, exist_ok=True)


def _is_behave(program: Path) -> bool:
    return program.stem == "behave" or program.parts[-2:] == ("behave", "__main__.py")


def _died_at_work(child: Child) -> bool:
    """Whether a process has written no summary although it had begun, so that its users may be left."""
    return child.summary() is None and read_standing(child.folder) is not None


class ParallelRun:
    """Several processes, from their start to one summary, one closing block and one exit code."""

    def __init__(
        self,
        config: Any,
        settings: Settings,
        shares: Sequence[Sequence[Feature]],
        folder: Path,
        shard: Shard,
    ) -> None:
        self._config, self._settings, self._shares, self._folder = config, settings, shares, folder
        self._shard = shard
        self._reports = ROOT / settings.reports_dir
        self._seed = new_seed() if settings.data_seed is None else settings.data_seed
        self._interrupts = Interrupts(silent=True)
        self._children, self._first_to_log = list[Child](), dict[str, int]()
        self._console = Console(sys.stdout, config.color)
        self._shown = 0.0
        self._is_whole, self._preflight = True, Summary(Outcome.PASSED)
        self._started, self._clock = datetime.now().astimezone().isoformat(timespec="seconds"), time.monotonic()

    def run(self) -> int:
        """Run all shares; return the exit code of the whole run."""
        if self._settings.base_url:
            chosen = [feature for share in self._shares for feature in share]
            self._preflight = check_target(self._settings, self._config, chosen, len(self._shares))
        self._interrupts.install()
        self._interrupts.shield()
        try:
            for number, features in enumerate(self._shares, 1):
                self._start(number, features)
            self._watch()
        finally:
            for child in self._children:
                child.interrupt()
        return self._report()

    def _start(self, number: int, features: Sequence[Feature]) -> None:
        folder = self._folder / str(number)
        folder.mkdir()
        settings = {
            "data_seed": self._seed,
            "max_users_alive": max(1, self._settings.max_users_alive // len(self._shares)),
            "partial": self._reports,
            "process_number": number,
            "processes": len(self._shares),
            "reports_dir": folder,
            "workers": 1,
        }
        files = {os.path.abspath(feature.filename) for feature in features}
        paths = [str(each) for each in locations_of(self._config) if os.path.abspath(each.filename) in files]
        outputs = [
            output.name if name in FOLDER_FORMATS or not output.name else str(folder / f"output-{place}")
            for place, (name, output) in enumerate(_formats(self._config))
        ]
        colour = "always" if self._console.is_coloured else "never"
        child = Child(number, features, folder, [sys.executable, "-m", "support.cli.worker", *sys.argv[1:]])
        self._children.append(child)
        child.send(Share(paths, {name: str(value) for name, value in settings.items()}, outputs, colour))

    def _watch(self) -> None:
        """Relay what the processes write until all have ended; pass the first signal on to them."""
        deadline = None
        while not all(child.has_ended for child in self._children):
            if self._interrupts.noted and deadline is None:
                deadline = time.monotonic() + self._settings.cleanup_deadline_s + AFTER_CLEANUP_S
                for child in self._children:
                    child.interrupt(self._interrupts.noted[0])
            if deadline is not None and time.monotonic() > deadline:
                for child in self._children:
                    child.process.kill()
            self._relay()
            self._show_progress()
            time.sleep(LOOK_AGAIN_S)
        self._relay()
        self._console.clear_status()

    def _show_progress(self) -> None:
        """Show how far all processes are: in a status line on a terminal, elsewhere in a line after some silence."""
        now = time.monotonic()
        if now - self._shown < SHOW_PROGRESS_S:
            return
        self._shown = now
        standings = [each for child in self._children if (each := read_standing(child.folder)) is not None]
        if len(standings) < len(self._children):
            return
        if self._console.is_live:
            self._console.show_status(str(together(standings)))
        elif now - self._console.printed_at >= SIGN_OF_LIFE_S:
            self._console.print(str(together(standings)))

    def _relay(self) -> None:
        """Print each distinct log line of the processes at once, and their output one process after the other."""
        for child in self._children:
            self._log(child.number, filter(self._is_news, child.logged.lines()))
        for child in self._children:
            had_ended = child.has_ended
            if lines := list(child.printed.lines()):
                self._console.clear_status()
                self._console.printed_at = time.monotonic()
                self._is_whole &= say(sys.stdout, "".join(f"{line}\n" for line in lines))
            if not had_ended:
                return

    def _is_news(self, line: str) -> bool:
        """Whether to relay a log line of a process: this process itself reports the outcome of an interrupted run."""
        return not (self._interrupts.noted and line.startswith(f"{Outcome.INCONCLUSIVE}: "))

    def _log(self, number: int, lines: Iterable[str]) -> None:
        """Write lines to standard error, except those that another process has already written."""
        for line in lines:
            if self._first_to_log.setdefault(TIME_OF_LOG_LINE.sub("", line), number) == number:
                self._console.clear_status()
                say(sys.stderr, f"{line}\n")

    # The report

    def _report(self) -> int:
        detailed = self._settings.exit_codes == "detailed"
        parts = [child.summary() or self._of_dead(child) for child in self._children]
        unreported = [feature for child in self._children if child.summary() is None for feature in child.features]
        if not any(part.scenarios for part in parts):
            first = with_faults(parts[0], self._finish_dead() if unreported else [])
            self._log(0, [first.in_one_line])
            first.write(self._reports)
            write_badge(first, self._reports)
            return first.outcome.exit_code(detailed, FAULT) or FAULT
        whole = self._merged(parts, not_run(unreported, self._config))
        faults = [] if self._is_whole else [SuiteError(UNREAD)]
        whole = with_faults(whole, [*faults, *(self._finish_dead() if unreported else [])])
        if not self._interrupts.noted and not any(part.outcome is Outcome.TARGET_DOWN for part in parts):
            whole = with_faults(whole, faults_of_run(whole, self._settings, profile_files.load(self._settings.target)))
        self._merge_outputs(whole)
        outcome = publish(whole, self._reports, self._config)
        if self._interrupts.noted:
            outcome = worst_outcome([outcome, Outcome.INCONCLUSIVE])
        return outcome.exit_code(detailed, FAILED)

    def _merged(self, parts: Sequence[Summary], not_run: Sequence[ScenarioResult]) -> Summary:
        first = replace(
            next(part for part in parts if part.scenarios),
            scenarios=[],
            failures=self._preflight.failures,
            users=self._preflight.users,
            requests=self._preflight.requests,
            bursts=(),
            learned=self._preflight.learned,
            started=self._started,
            seconds=round(time.monotonic() - self._clock, 3),
            selection=selection_of(self._config, self._settings),
            shard=self._shard.name,
            split=self._shard.split,
            run=", ".join(part.run for part in parts if part.run),
            target=", ".join(dict.fromkeys(part.target for part in parts if part.target)),
        )
        whole = merge(first, parts)
        return with_results(whole, [*whole.scenarios, *not_run], whole.failures)

    def _of_dead(self, child: Child) -> Summary:
        """Return a summary for a process that has written none; its fault says why."""
        how = how_it_ended(child.process.wait())
        may_help = how.endswith("SIGKILL") and not self._interrupts.noted
        advice = ". If memory ran out, use fewer WORKERS" if may_help else ""
        fault = SuiteError(f"process {child.number} {how} and wrote no summary{advice}")
        if self._interrupts.noted and not _died_at_work(child):
            fault = Inconclusive(f"{self._interrupts.in_brief()} before the first scenario was over")
        return with_faults(Summary(Outcome.PASSED, started=self._started), [fault])

    def _finish_dead(self) -> list[SuiteError]:
        """Delete the users of a process that died; the users on an embedded API died with it."""
        if self._settings.base_url is None:
            return []
        from support.target.sweeping import sweep

        return sweep(self._settings)

    def _merge_outputs(self, whole: Summary) -> None:
        """Make one file of the files that each process wrote for a format."""
        for place, (name, output) in enumerate(_formats(self._config)):
            if name in FOLDER_FORMATS and output.name:
                from support.reporting.allure.properties import write_environment

                write_environment(Path(output.name), whole.identity)
            elif output.name:
                files = [child.folder / f"output-{place}" for child in self._children]
                if texts := [file.read_text(encoding="utf-8") for file in files if file.exists()]:
                    Path(output.name).write_text(merged_text(texts), encoding="utf-8")
                else:  # such as a list of failures where there are none
                    Path(output.name).unlink(missing_ok=True)
