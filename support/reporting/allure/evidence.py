"""What goes into the Allure results beside verdicts: exchanges under steps, pictures, setting up, clearing away."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import allure_commons
from allure_behave.listener import AllureListener
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Label, Status, StatusDetails, TestAfterResult, TestBeforeResult, TestResult
from allure_commons.types import AttachmentType
from behave.model import Scenario, Step

from support.compat import report_folder_of
from support.errors import SuiteError
from support.exchange_text import in_brief
from support.http.recorder import Recorder
from support.models import Exchange
from support.profile import Profile
from support.redaction import redacted
from support.reporting.allure.labels import case_id, full_name, history_id, labels_of, links_of, rule_above
from support.reporting.allure.properties import write_environment, write_executor
from support.reporting.allure.repairs import repair
from support.reporting.evidence import Evidence
from support.reporting.exchanges import page, title
from support.reporting.replay import script
from support.reporting.results import Result, failure_of, plain, result_of

EACH = 12
LISTED = 1000
REPLAY = "play the whole scenario again (a shell script)"


def allure_evidence(identity: Mapping[str, Any]) -> AllureEvidence | None:
    """Mend the Allure formatter and put evidence into its results; None where it is not in use.

    `identity` says what the run is known by; it is empty in a process that plays a share of another's.
    """
    plugins = allure_commons.plugin_manager.get_plugins()
    listener = next((plugin for plugin in plugins if isinstance(plugin, AllureListener)), None)
    logger = next((plugin for plugin in plugins if isinstance(plugin, AllureFileLogger)), None)
    if listener is None or logger is None:
        return None
    repair()
    folder = report_folder_of(logger)
    if identity:
        write_environment(folder, identity)
        write_executor(folder)
    return AllureEvidence(listener)


class AllureEvidence(Evidence):
    """Listens to the exchanges and files each under the step that made it."""

    def __init__(self, listener: AllureListener) -> None:
        self._listener = listener
        self._seen: list[Exchange] = []
        self._played: list[Exchange] = []
        self._profile = Profile()
        self._stock_start = listener.start_scenario
        self._stock_stop_step = listener.stop_behave_step
        self._stock_stop = listener.stop_scenario
        listener.start_scenario = self._start_scenario
        listener.stop_behave_step = self._stop_step
        listener.stop_scenario = self._stop_scenario

    def watch(self, recorder: Recorder, profile: Profile) -> None:
        self._profile = profile
        if self._seen.append not in recorder.observers:
            recorder.observers.append(self._seen.append)

    def picture(self, name: str, draw: Callable[[], str]) -> None:
        self._attach(name, draw(), AttachmentType.SVG)

    def _text(self, name: str, write: Callable[[], str]) -> None:
        self._attach(name, write(), AttachmentType.TEXT)

    def was_set_up(self, name: str, seconds: float, tell: Callable[[], str]) -> None:
        fixture_id, stop = _new_id(), _now_ms()
        fixture = TestBeforeResult(name=name, start=stop - round(seconds * 1000))
        self._listener.logger.start_before_fixture(self._group, fixture_id, fixture)
        self._text("what was set up", tell)
        self._listener.logger.stop_before_fixture(fixture_id, stop=stop, status=Status.PASSED)

    @contextlib.contextmanager
    def clearing(self, name: str, tell: Callable[[], str] | None = None) -> Iterator[None]:
        fixture_id, logger = _new_id(), self._listener.logger
        logger.start_after_fixture(self._group, fixture_id, TestAfterResult(name=name, start=_now_ms()))
        try:
            yield
        except BaseException as error:
            details = StatusDetails(message=redacted(f"{getattr(error, 'outcome', SuiteError.outcome)}: {error}"))
            allure_commons.plugin_manager.hook.global_error(message=details.message, trace=None)
            logger.stop_after_fixture(fixture_id, status=Status.BROKEN, statusDetails=details)
            raise
        if tell is not None:
            self._text("what came of it", tell)
        logger.stop_after_fixture(fixture_id, status=Status.PASSED)

    @property
    def _group(self) -> str:
        return str(self._listener.group_context.current_group().uuid)

    # Around what the formatter does

    def _start_scenario(self, scenario: Scenario) -> None:
        self._seen.clear()
        self._played.clear()
        self._stock_start(scenario)
        result: TestResult = self._listener.logger.get_test(self._listener.current_scenario_uuid)
        result.name = plain(scenario.name)
        result.description = _reasons(scenario)
        result.fullName = full_name(scenario)
        result.testCaseId, result.historyId = case_id(scenario), history_id(scenario)

    def _stop_step(self, step: Step) -> None:
        seen, self._seen[:] = list(self._seen), []
        self._played += seen
        for exchange in telling(seen):
            self._attach(title(exchange), page(exchange), AttachmentType.TEXT)
        if len(seen) > EACH:
            brief = "\n".join(map(in_brief, seen[:LISTED]))
            self._attach(f"all {len(seen)} exchanges in brief", brief, AttachmentType.TEXT)
        self._stock_stop_step(step)

    def _stop_scenario(self, scenario: Scenario) -> None:
        result, failure = result_of(scenario, self._listener.behave_config), failure_of(scenario)
        if result is None:
            self._drop()
            return
        if result is not Result.PASSED and (replay := script(self._played, self._profile)):
            self._attach(REPLAY, replay, AttachmentType.TEXT)
        written: TestResult = self._listener.logger.get_test(self._listener.current_scenario_uuid)
        stock = [label for label in written.labels if label.name not in ("tag", "severity")]
        written.labels = [*labels_of(scenario), Label("outcome", failure.outcome if failure else result), *stock]
        written.links += links_of(scenario)
        self._stock_stop(scenario)

    def _drop(self) -> None:
        """Leave no result of a scenario that was not selected, and none of its steps to the next one."""
        self._listener.steps.clear()
        self._listener.logger.drop_test(self._listener.current_scenario_uuid)
        self._listener.current_scenario_uuid = None
        self._listener.group_context.exit()

    def _attach(self, name: str, body: str, kind: AttachmentType) -> None:
        self._listener.logger.attach_data(_new_id(), redacted(body), name=name, attachment_type=kind)


def _new_id() -> str:
    return str(uuid.uuid4())


def _now_ms() -> int:
    return round(time.time() * 1000)


def telling(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the exchanges that are shown each by itself: all of a few, and of many those that went worst."""
    if len(exchanges) <= EACH:
        return exchanges
    return sorted(exchanges, key=_how_bad, reverse=True)[:EACH]


def _how_bad(exchange: Exchange) -> tuple[int, int, float]:
    return exchange.status or 999, len(exchange.attempts), exchange.seconds


def _reasons(scenario: Scenario) -> str:
    """Return why a scenario is there: the reasons of its feature and of its rule, and what it says itself."""
    rule = rule_above(scenario)
    parts = [" ".join(scenario.feature.description)]
    if rule is not None:
        parts.append(f"**{rule.name}.** {' '.join(rule.description)}".strip())
    parts.append(" ".join(scenario.description))
    return "\n\n".join(part for part in parts if part)
