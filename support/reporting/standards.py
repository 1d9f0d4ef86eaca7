"""Where the standards behind the rules can be read."""

from __future__ import annotations

import re

RFC = re.compile(r"RFC (\d+)(?: §([\d.]+))?")


def standard_url(source: str) -> str | None:
    """Return the URL of a section of an RFC, or None for another source."""
    found = RFC.search(source)
    if found is None:
        return None
    number, section = found.groups()
    return f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#section-{section}" if section else "")
