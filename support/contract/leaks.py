"""What an answer must never show of a server's internals: stack traces, SQL and paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

PATH = "a path of the server"
LEAKS: Mapping[str, re.Pattern[str]] = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|\bgoroutine \d+ \[|Exception in thread"
        r"|\bCaused by: |\.\w+:line \d+\b|#\d+ \S+\(\d+\): "
        r"|\w\.(?:py|[cm]?js|ts|java|rb|php|go|cs|rs|kt|exs?|p[lm]|cpp|cc):\d+"
        r"|\bat async \S+ \(|\.p[lm] line \d+"
        r"|\bat \S+(?: \[as \w+\])? \((?:<anonymous>|[A-Za-z/\\][\w./\\:-]*:\d+:\d+)\)"
        r"|\bat [\w.$/<>]+\((?:[\w$]+\.(?:java|kt|scala)|Native Method|Unknown Source)[^)]*\)"
    ),
    "SQL": re.compile(
        r"\b(?:SELECT\b.{1,200}\bFROM|INSERT INTO|UPDATE \S+ SET|DELETE FROM|ON CONFLICT)\b|\bSQLSTATE\b|\bORA-\d{5}"
        r"|SQLITE_|sqlite3\.|(?i:\binsert\s+into \S+ ?(?:\(|values\b)|\bselect\b.{1,200}\bfrom \S+\s+where\b"
        r"|\bfrom \S+ (?:as )?\w+\s+where \w+\.\w+|\bdelete\s+from \S+\s+where\b|\bupdate \S+ set \S+ ?="
        r"|\bUNIQUE constraint|duplicate key value|syntax error at or near|Duplicate entry '.{0,300}' for key"
        r"|error in your SQL syntax|psycopg|SQLAlchemy|\bE11000\b|\brelation \"[^\"]+\" does not exist"
        r"|violates (?:unique|not-null|check|foreign key) constraint|no such (?:table|column):)",
        re.DOTALL,
    ),
    PATH: re.compile(
        r"(?<![\w:/.])/(?:home|usr|var|opt|srv|etc|root|tmp|proc|Users)/[\w.-]+"
        r"|(?<![\w:/.-])/(?:[\w.-]+/)+[\w-]+\.(?:py|js|ts|java|rb|php|go|cs|db|sqlite3?)\b"
        r"|(?<![\w:/.-])/app/(?:[\w.-]+/)*[\w-]+\.\w+\b"
        r"|\b[A-Za-z]:\\{1,2}[\w.-]+\\|node_modules/|site-packages"
    ),
}
URLS = re.compile(r"\bhttps?://[^\s\"'<>()]+")


def leaks_in(text: str, url: str) -> dict[str, str]:
    """Return what a text shows of the server's internals, by kind; URLs and paths like that of `url` are allowed.

    So are the ends of its path: an application need not know the path under which it is mounted.
    """
    path = urlsplit(url).path
    for said in (path, unquote(path), posixpath.normpath(unquote(path))):
        text = text.replace(said, "") if len(said) > 1 else text
        ends = (said[start:] for start in range(1, len(said)) if said[start] == "/")
        for end in ends:
            text = text.replace(end, "") if end.count("/") > 1 else text
    if path.count("/") > 1:
        siblings = rf"{re.escape(path.rpartition('/')[0])}/[^/\s.\"'<>]+(?![\w./-])"
        text = re.sub(siblings, "", text)
    text = URLS.sub("", text)
    found = {kind: pattern.search(text) for kind, pattern in LEAKS.items()}
    return {kind: match[0] for kind, match in found.items() if match}


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, without JSON's own escapes."""
    if isinstance(value, str):
        yield value
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for part in inner:
        yield from texts_in(part)
