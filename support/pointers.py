"""JSON pointers (RFC 6901): read the value at a place in a document, or put a value there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def steps_of(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer, which are names or numbers; none for the whole document."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def at(document: Any, steps: Sequence[str]) -> Any:
    """Return what is at a place; None where there is nothing."""
    for step in steps:
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def placed(document: Any, steps: Sequence[str], value: Any) -> Any:
    """Return a document with a value put at a place and the rest unchanged; a number is a place in a list."""
    if not steps:
        return value
    step, *rest = steps
    if step.isdecimal() and not isinstance(document, Mapping):
        items = document if isinstance(document, list) else []
        items = items + [{}] * (int(step) + 1 - len(items))
        return [placed(item, rest, value) if place == int(step) else item for place, item in enumerate(items)]
    fields = document if isinstance(document, Mapping) else {}
    return {**fields, step: placed(fields.get(step), rest, value)}
