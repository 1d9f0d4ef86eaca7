"""A feature whose texts would do harm if a page took them for HTML."""

from __future__ import annotations

from pathlib import Path

from support.reporting.docs.features import Capabilities, read_features

NASTY = """
@contract @negative
Feature: <script>alert(1)</script> & "quotes"
  Why it <b>matters</b>.

  @rule.list
  Rule: A rule <img src=x onerror=alert(2)>
    A reason & another.

    @smoke
    Example: An example </h3><script>alert(3)</script>
      Given something <i>happens</i>
        | a <cell> | b |
        | &amp;    | c |

    Scenario Outline: A new user called <name>
      When a new user called "<name>" and <other> signs up

      Examples:
        | name                        | why   |
        | <b onmouseover=alert(4)>Bob | first |
        | Grace                       | next  |
"""


def nasty_features(folder: Path, text: str = NASTY) -> Capabilities:
    path = folder / "features" / "users" / "one.feature"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return read_features(folder, folder / "features")
