"""The JSON Schema of `summary.json`: `python -m support.reporting.schema > docs/summary.schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import TypeAdapter

from support.reporting.summary import SCHEMA, Summary
from support.streams import say


def schema() -> dict[str, Any]:
    """Return the schema, which allows members that later versions add."""
    made = TypeAdapter(Summary).json_schema()
    version = {"const": SCHEMA, "description": "Another number means another meaning; members may be added meanwhile."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "The summary of a run",
        "properties": {"schema": version, **made["properties"]},
        "required": ["schema", *made["required"]],
    }


if __name__ == "__main__":
    say(sys.stdout, json.dumps(schema(), indent=2) + "\n")
