"""Workers: processes that play a share of the features beside the run that started them.

A worker is a whole run of behave, with users, connections and, where there is no BASE_URL, an embedded API of its own.
What it came to becomes a part of the run that started it. See `support.worker` for how one begins.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from behave.model import Feature

from support.errors import Inconclusive, SuiteError, TargetDown
from support.profile import Profile
from support.reporting import summary as summaries
from support.reporting.run_report import OUR_FORMAT
from support.reporting.summary import Summary
from support.settings import ROOT, Settings

log = logging.getLogger("acceptance")
CONTEST = "concurrency"
CONTEST_WEIGHT = 20
HEAD_START = 60
WORTH_IT = 100
SHARED_FORMATS = (OUR_FORMAT, "allure", "allure_behave.formatter:AllureFormatter")
BEHAVE = ("behave", "behave.exe", "__main__.py")
AFTER_ALL_S = 10.0
FAULTS: Mapping[str, type[SuiteError]] = {kind.outcome: kind for kind in (Inconclusive, TargetDown)}


@dataclass(frozen=True)
class WorkerTask:
    """What a worker is to play, by file names, and the settings that differ from those of the run that started it."""

    files: Sequence[str]
    settings: Mapping[str, str]


_tasks: list[WorkerTask] = []


def obey(orders: WorkerTask) -> None:
    """Be a worker from now on."""
    _tasks[:] = [orders]


def orders() -> WorkerTask | None:
    """Return what this process is to play as a worker of another run; None where it is none."""
    return _tasks[0] if _tasks else None


def number_of_shares(config: Any, settings: Settings, profile: Profile, features: Sequence[Feature]) -> int:
    """Return how many processes share the features: as `WORKERS` says, or two for many scenarios on the embedded API.

    It is one where several cannot share this run, which is told where WORKERS asks for them.
    """
    if orders() is not None:
        return 1
    wanted = settings.workers or _by_default(config, settings, features)
    hindrance = _hindrance(config, profile) if wanted > 1 else None
    if hindrance is not None and settings.workers is not None:
        log.info("WORKERS: one process plays all, as several cannot share a run %s", hindrance)
    return wanted if hindrance is None else 1


def _by_default(config: Any, settings: Settings, features: Sequence[Feature]) -> int:
    many = sum(_weight(feature, config) for feature in features) >= WORTH_IT
    return 2 if settings.base_url is None and many and _processors() > 1 else 1


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hindrance(config: Any, profile: Profile) -> str | None:
    """Return what keeps a run from being shared, or None."""
    alone = [name for name in config.format or [] if name not in SHARED_FORMATS]
    if alone or config.junit:
        return f"whose report is {', '.join(alone) or 'JUnit'}"
    outputs = zip(config.format or [], config.outputs or [], strict=False)
    if any(output.name for name, output in outputs if name == OUR_FORMAT):
        return "whose lines go into a file"
    if config.stop or config.dry_run:
        return "with --stop or --dry-run"
    if any(":" in Path(path).name or path.startswith("@") for path in config.paths or []):
        return "of chosen lines"
    if profile.caps.users is not None or profile.caps.concurrency is not None or profile.deviations:
        return "against a target whose profile has caps or known deviations"
    if Path(sys.argv[0]).name not in BEHAVE:
        return "that was not started by the command behave"
    return None


def _weight(feature: Feature, config: Any) -> int:
    """Return how long a feature takes, in scenarios; one with many at once takes as long as several others."""
    chosen = [scenario for scenario in feature.walk_scenarios() if scenario.should_run(config)]
    return sum(CONTEST_WEIGHT if CONTEST in scenario.effective_tags else 1 for scenario in chosen)


def shares(features: Sequence[Feature], config: Any, count: int, head_start: int = 0) -> list[list[Feature]]:
    """Split features into so many shares, or fewer, that take about as long; the first one begins that much earlier.

    It has whatever is not selected, and all with many at once, so that no two contests disturb each other.
    """
    weights = {id(feature): _weight(feature, config) for feature in features}
    first = [feature for feature in features if CONTEST in _tags(feature) or not weights[id(feature)]]
    split = [list(first), *([] for _ in range(count - 1))]
    loads = [sum(weights[id(feature)] for feature in first), *[head_start] * (count - 1)]
    others = [feature for feature in features if not any(feature is one for one in first)]
    for feature in sorted(others, key=lambda one: weights[id(one)], reverse=True):
        least = loads.index(min(loads))
        split[least].append(feature)
        loads[least] += weights[id(feature)]
    chosen = [{id(feature) for feature in share} for share in split]
    ordered = [[feature for feature in features if id(feature) in ids] for ids in chosen]
    return [ordered[0], *(share for share in ordered[1:] if share)]


def _tags(feature: Feature) -> set[str]:
    return {str(tag) for scenario in feature.walk_scenarios() for tag in scenario.effective_tags}


@dataclass
class Worker:
    """One process, what it plays, the folder of its reports, and whether it was told to end."""

    process: subprocess.Popen[bytes]
    share: Sequence[Feature]
    folder: Path
    told: bool = False


@dataclass
class Outcome:
    """What the workers came to: their summaries, the shares that none of them tells of, and what went wrong."""

    summaries: list[Summary] = field(default_factory=list)
    lost: list[Feature] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)


class Workers:
    """The workers of a run, from their start to what they came to."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []

    def start(self, others: Sequence[Sequence[Feature]], settings: Settings, seed: int) -> None:
        """Start a worker for each of these shares, with the arguments of this run; each has other people."""
        level = "WARNING" if settings.log_level == "INFO" else settings.log_level
        for number, share in enumerate(others, 2):
            folder = ROOT / settings.reports_dir / f"worker-{number}-{os.getpid()}"
            shutil.rmtree(folder, ignore_errors=True)
            told = {
                "data_seed": seed + number - 1,
                "log_level": level,
                "max_users_alive": settings.max_users_alive,
                "reports_dir": folder,
                "workers": 1,
            }
            given = WorkerTask(
                [feature.filename for feature in share], {name: str(value) for name, value in told.items()}
            )
            process = subprocess.Popen(
                [sys.executable, "-m", "support.worker", *sys.argv[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is told to the run alone, which tells its workers
            )
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.write(json.dumps(asdict(given)).encode() + b"\n")
                process.stdin.flush()
            self._workers.append(Worker(process, share, folder))

    def __bool__(self) -> bool:
        return bool(self._workers)

    def wait(self) -> None:
        """Wait until all have played their shares."""
        for worker in self._workers:
            worker.process.wait()

    def interrupt(self) -> None:
        """Have all clean up and end, where they have not."""
        for worker in self._workers:
            worker.told = True
            _let_go(worker.process)

    def end(self, within_s: float) -> Outcome:
        """Return what the workers came to; one that does not end in time is killed.

        Why those end that were told to is known to the run.
        """
        came = Outcome()
        for number, worker in enumerate(self._workers, 2):
            status = _ended(worker.process, within_s)
            try:
                summary = summaries.read(worker.folder / summaries.FILE)
                came.summaries.append(_without_interruption(summary) if worker.told else summary)
                came.lost += [] if summary.scenarios else worker.share
                if status and not summary.failures and not worker.told:
                    why = f": {summary.why}" if summary.why else ""
                    kind = FAULTS.get(summary.outcome, SuiteError)
                    came.faults.append(kind(f"worker {number} ended with exit code {status}: {summary.outcome}{why}"))
            except (OSError, ValueError) as error:
                came.lost += worker.share
                if not worker.told:
                    told = f"worker {number} ended with exit code {status} and no summary: {error}"
                    came.faults.append(SuiteError(told))
            shutil.rmtree(worker.folder, ignore_errors=True)
        self._workers = []
        return came


def _without_interruption(summary: Summary) -> Summary:
    left = [failure for failure in summary.failures if failure.outcome != Inconclusive.outcome]
    return replace(summary, failures=left)


def _ended(process: subprocess.Popen[bytes], within_s: float) -> int:
    """Return the exit code of a process, which is killed where it does not end in time."""
    try:
        status = process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    _let_go(process)
    return status


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """End the standard input of a worker, which then cleans up and ends."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
