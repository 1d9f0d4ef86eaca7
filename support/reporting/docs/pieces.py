"""The pieces of the pages: coloured words and signs, marked words, and links."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from markupsafe import Markup, escape

from support.errors import Outcome
from support.reporting.docs.comparison import Standing
from support.reporting.results import Result
from support.reporting.standards import standard_url

NO_RESULT = "no result"
NAME = re.compile(r"^ *(?:[\w-]+|&#34;.*?&#34;)(?=:)", re.MULTILINE)
BADGES: Mapping[str, str] = {
    Result.PASSED: "passed",
    Result.FAILED: "failed",
    Outcome.CONTRACT_BROKEN: "failed",
    Result.KNOWN_DEVIATION: "quiet",
    Result.SKIPPED: "quiet",
    Result.NOT_RUN: "quiet",
    Standing.KEPT: "passed",
    Standing.BROKEN: "failed",
    Standing.IN_PART: "fault",
    Standing.SOMETIMES: "fault",
    Standing.NOT_OFFERED: "quiet",
    NO_RESULT: "none",
}
SIGNS = {
    Standing.KEPT: "✓",
    Standing.BROKEN: "✕",
    Standing.IN_PART: "◐",
    Standing.SOMETIMES: "?",
    Standing.NOT_OFFERED: "–",
}


def badge(result: str | None) -> Markup:
    """Return an outcome or a result as a word in its colour."""
    kind = BADGES.get(result or NO_RESULT, "fault")
    return Markup('<span class="badge {}">{}</span>').format(kind, result or NO_RESULT)


def mark(result: str | None) -> Markup:
    """Return an outcome, a result or a standing as a sign in its colour, for where a word has no room."""
    sign = SIGNS.get(result, "●") if isinstance(result, Standing) else "●"
    word = result or NO_RESULT
    text = '<span class="mark {}" aria-hidden="true">{}</span><span class="unseen">{}</span>'
    return Markup(text).format(BADGES.get(word, "fault"), sign, word)


def message(text: str) -> Markup:
    """Return a request or an answer with its first line and the names of its headers and members marked."""
    first, line_end, rest = (str(escape(part)) for part in text.partition("\n"))
    return Markup(f"<strong>{first}</strong>{line_end}") + Markup(NAME.sub(r'<span class="name">\g<0></span>', rest))


def slots(text: str, placeholders: Collection[str]) -> Markup:
    """Return a text with the placeholders of an outline marked."""
    return Markup("").join(
        Markup("<var>{}</var>").format(piece[1:-1]) if piece[1:-1] in placeholders else escape(piece)
        for piece in re.split(r"(<[^<>]+>)", text)
    )


def standard(source: str) -> Markup:
    """Return the source of a rule, as a link if it is a section of an RFC."""
    url = standard_url(source)
    return Markup('<a href="{}">{}</a>').format(url, source) if url else escape(source)
