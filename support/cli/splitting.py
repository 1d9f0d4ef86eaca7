"""Which features each process runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from behave.model import Feature
from behave.runner_util import collect_feature_locations

from support import profile_files
from support.profile import Caps
from support.reporting.logs import set_up_logs
from support.reporting.summary import seconds_of_last_run
from support.settings import ROOT, Settings
from support.shards import split, weight

log = logging.getLogger("acceptance")
WORTH_IT_S = 3.0


def wants_several(config: Any, settings: Settings) -> bool:
    """Whether several processes are to run the features, as far as can be told before the features are read."""
    if settings.workers == 1 or (settings.workers is None and (settings.base_url or _processors() == 1)):
        return False
    obstacle = _obstacle(config, settings)
    if obstacle is not None and settings.workers is not None:
        set_up_logs(settings.log_level)
        log.info("%s", f"WORKERS: one process runs all features, because of {obstacle}")
    return obstacle is None


def shares_of(features: Sequence[Feature], config: Any, settings: Settings) -> list[list[Feature]]:
    """Return the features of each process; none if one process is to run them all."""
    if settings.workers is None and sum(weight(feature, config, {}) for feature in features) < WORTH_IT_S:
        return []
    return split(features, config, settings.workers or 2, seconds_of_last_run(ROOT / settings.reports_dir))


def locations_of(config: Any) -> list[Any]:
    """Return the locations of the features that behave would run: files, or lines of files."""
    return [each for each in collect_feature_locations(config.paths) if not config.exclude(each)]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _obstacle(config: Any, settings: Settings) -> str | None:
    """Return why several processes cannot share a run, or None."""
    profile = profile_files.load(settings.target)
    if config.stop or config.dry_run:
        return "--stop or --dry-run"
    if settings.again:
        return "AGAIN"
    if replace(profile.caps, users=None) != Caps():
        return f"the caps of the profile {profile.name}, which more processes could not use better"
    return None
