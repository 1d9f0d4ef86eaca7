"""The sink of the Allure formatter: exchanges under steps, pictures, setup and teardown, labels and replay scripts."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import allure_commons
from allure_behave.listener import AllureListener
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import (
    Label,
    Status,
    StatusDetails,
    TestAfterResult,
    TestBeforeResult,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType
from behave.model import Scenario, Step

from support.compat import report_folder_of
from support.exchange_text import in_brief
from support.http.recorder import Recorder
from support.http.report_sink import ReportSink
from support.models import Exchange
from support.redaction import redacted
from support.reporting.allure.labels import digest, full_name, history_id, labels_of, links_of, rule_above
from support.reporting.allure.properties import write_environment, write_executor
from support.reporting.allure.repairs import repair
from support.reporting.exchanges import page, title
from support.reporting.results import Result, failure_of, outcome_of, plain, result_of

MAX_PAGES = 12
MAX_LISTED = 1000
REPLAY = "replay the scenario (a shell script)"


def allure_sink(identity: Mapping[str, Any], attaches_all: bool) -> AllureSink | None:
    """Repair the Allure formatter and return its sink; None if it is loaded but not in use."""
    plugins = allure_commons.plugin_manager.get_plugins()
    listener = next((plugin for plugin in plugins if isinstance(plugin, AllureListener)), None)
    logger = next((plugin for plugin in plugins if isinstance(plugin, AllureFileLogger)), None)
    if listener is None or logger is None:
        return None
    repair()
    folder = report_folder_of(logger)
    write_environment(folder, identity)
    write_executor(folder)
    return AllureSink(listener, attaches_all)


class AllureSink(ReportSink):
    """Attaches each exchange to the step that sent it: in scenarios that did not pass, or in all."""

    def __init__(self, listener: AllureListener, attaches_all: bool) -> None:
        self._listener, self._attaches_all = listener, attaches_all
        self._logger = listener.logger
        self._of_step: list[Exchange] = []
        self._by_step: list[tuple[TestStepResult, list[Exchange]]] = []
        self._stock_start, listener.start_scenario = listener.start_scenario, self._start_scenario
        self._stock_stop_step, listener.stop_behave_step = listener.stop_behave_step, self._stop_step
        self._stock_stop, listener.stop_scenario = listener.stop_scenario, self._stop_scenario

    def record(self, recorder: Recorder) -> None:
        if self._of_step.append not in recorder.observers:
            recorder.observers.append(self._of_step.append)

    def add_picture(self, name: str, draw: Callable[[], str]) -> None:
        self._attach(name, draw(), AttachmentType.SVG)

    def add_setup(self, name: str, seconds: float, describe: Callable[[], str]) -> None:
        fixture_id, stop = _new_id(), _now_ms()
        fixture = TestBeforeResult(name=name, start=stop - round(seconds * 1000))
        self._logger.start_before_fixture(self._group, fixture_id, fixture)
        self._attach("details", describe())
        self._logger.stop_before_fixture(fixture_id, stop=stop, status=Status.PASSED)

    @contextlib.contextmanager
    def teardown(self, name: str, describe: Callable[[], str] | None = None) -> Iterator[None]:
        fixture_id = _new_id()
        self._logger.start_after_fixture(self._group, fixture_id, TestAfterResult(name=name, start=_now_ms()))
        try:
            yield
        except BaseException as error:
            details = StatusDetails(message=redacted(f"{outcome_of(error)}: {error}"))
            allure_commons.plugin_manager.hook.global_error(message=details.message, trace=None)
            self._logger.stop_after_fixture(fixture_id, status=Status.BROKEN, statusDetails=details)
            raise
        if describe is not None:
            self._attach("details", describe())
        self._logger.stop_after_fixture(fixture_id, status=Status.PASSED)

    @property
    def _group(self) -> str:
        return str(self._listener.group_context.current_group().uuid)

    # In place of the methods of the listener

    def _start_scenario(self, scenario: Scenario) -> None:
        self._of_step.clear()
        self._by_step.clear()
        self._stock_start(scenario)
        test = self._test()
        test.name = plain(scenario.name)
        test.description = _description(scenario)
        test.fullName = full_name(scenario)
        test.testCaseId, test.historyId = digest(test.fullName), history_id(scenario)

    def _stop_step(self, step: Step) -> None:
        exchanges, self._of_step[:] = list(self._of_step), []
        self._by_step.append((self._logger.get_item(self._listener.current_step_uuid), exchanges))
        self._stock_stop_step(step)

    def _stop_scenario(self, scenario: Scenario) -> None:
        result, failure = result_of(scenario, self._listener.behave_config), failure_of(scenario)
        if result is None:
            self._drop()
            return
        if result is not Result.PASSED or self._attaches_all:
            self._attach_exchanges()
        if result is not Result.PASSED and (script := getattr(scenario, "replay_script", "")):
            # not by `_attach`: the texts in the script are redacted already, and the script itself has to stay as it is
            self._logger.attach_data(_new_id(), script, name=REPLAY, attachment_type=AttachmentType.TEXT)
        test = self._test()
        stock = [label for label in test.labels if label.name not in ("tag", "severity")]
        test.labels = [*labels_of(scenario), Label("outcome", failure.outcome if failure else result), *stock]
        test.links += links_of(scenario)
        self._stock_stop(scenario)

    def _attach_exchanges(self) -> None:
        """Attach the exchanges to their steps: as these are over, attachments go to the scenario and are then moved."""
        for step, exchanges in self._by_step:
            for exchange in most_telling(exchanges):
                self._attach(title(exchange), page(exchange))
            if len(exchanges) > MAX_PAGES:
                brief = "\n".join(map(in_brief, exchanges[:MAX_LISTED]))
                self._attach(f"all {len(exchanges)} exchanges in brief", brief)
            attachments, count = self._test().attachments, min(len(exchanges), MAX_PAGES + 1)
            step.attachments += attachments[len(attachments) - count :]
            del attachments[len(attachments) - count :]

    def _drop(self) -> None:
        """Drop the test of a scenario that was not selected, and its steps, which would else go to the next test."""
        self._listener.steps.clear()
        self._logger.drop_test(self._listener.current_scenario_uuid)
        self._listener.current_scenario_uuid = None
        self._listener.group_context.exit()

    def _test(self) -> TestResult:
        test: TestResult = self._logger.get_test(self._listener.current_scenario_uuid)
        return test

    def _attach(self, name: str, body: str, kind: AttachmentType = AttachmentType.TEXT) -> None:
        self._logger.attach_data(_new_id(), redacted(body), name=name, attachment_type=kind)


def _new_id() -> str:
    return str(uuid.uuid4())


def _now_ms() -> int:
    return round(time.time() * 1000)


def most_telling(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the exchanges to show in full: all of a few, and of many the worst."""
    return exchanges if len(exchanges) <= MAX_PAGES else sorted(exchanges, key=_badness, reverse=True)[:MAX_PAGES]


def _badness(exchange: Exchange) -> tuple[int, int, float]:
    return exchange.status or 999, len(exchange.attempts), exchange.seconds


def _description(scenario: Scenario) -> str:
    """Return the descriptions of a scenario, its feature and its rule."""
    rule = rule_above(scenario)
    in_rule = f"**{rule.name}.** {' '.join(rule.description)}".strip() if rule is not None else ""
    parts = (" ".join(scenario.feature.description), in_rule, " ".join(scenario.description))
    return "\n\n".join(filter(None, parts))
