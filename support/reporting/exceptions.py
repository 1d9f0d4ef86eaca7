"""Redact exceptions before behave writes them into its reports."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from behave.matchers import Match

from support.errors import ContractViolation, SuiteError
from support.redaction import redacted

T = TypeVar("T")
STOCK_RUN = Match.run


def make_presentable(runner: Any) -> None:
    """Redact whatever steps and hooks raise from now on."""
    runner.hooks = {name: _presenting(hook) for name, hook in runner.hooks.items()}
    Match.run = _presenting(STOCK_RUN)


def _presenting(act: Callable[..., T]) -> Callable[..., T]:
    @functools.wraps(act)
    def presented(*args: Any, **options: Any) -> T:
        try:
            return act(*args, **options)
        except Exception as error:
            text = "".join(traceback.format_exception(error))
            if redacted(text) == text:
                raise
            raise presentable(error).with_traceback(error.__traceback__) from None

    return presented


def presentable(error: Exception) -> Exception:
    """Return an exception with the same outcome and a redacted text."""
    text = redacted(str(error))
    if isinstance(error, ContractViolation):
        return ContractViolation(error.rule, text, error.evidence, error.exchange, error.claims)
    if isinstance(error, SuiteError):
        return type(error)(text)
    return AssertionError(text) if isinstance(error, AssertionError) else SuiteError(f"{type(error).__name__}: {text}")
