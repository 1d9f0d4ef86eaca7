"""Remove secrets from all that is shown: whole or cut, in any letter case, escaped, encoded or split."""

from __future__ import annotations

import base64
import html
import itertools
import json
import operator
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from support.escaping import INVISIBLE, beyond_ascii, escaped

PASSWORD = "$PASSWORD"
"""What is shown in place of the password of the suite's users."""
SHORTEST_SECRET = 4
NEEDLE = 12
SHORTEST_ENCODED = 8
SMALL_LETTERS = bytes(range(256)).lower()
ASCII_GAPS = bytes(range(0x21)) + b"\x7f"
GAPS_BEYOND_ASCII = f"{INVISIBLE}\xa0\xad\u1680\u2000-\u200d\u202f\u205f-\u2064\u3000"
ODD_GAP = re.compile(f"[{GAPS_BEYOND_ASCII}]+")
GAP = re.compile(f"[\x00-\x20\x7f{GAPS_BEYOND_ASCII}]+")

Decode = Callable[[re.Match[str]], str]


@dataclass(frozen=True)
class _Escape:
    """One way of escaping: a character that every escape has, its pattern, and what it decodes to."""

    mark: str
    pattern: re.Pattern[str]
    decode: Decode


def _of_hex(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else ""


ESCAPES = (
    _Escape("%", re.compile("%([0-9a-fA-F]{2})"), _of_hex),
    _Escape("&", re.compile("&(?:#[xX]?0{0,8}[0-9a-fA-F]{2,3}|amp|lt|gt|quot|apos);"), lambda it: html.unescape(it[0])),
    _Escape("\\", re.compile(r"\\+(?:(?:u00|x)([0-9a-fA-F]{2})|[nrt]?)"), _of_hex),
)
"""Those of URLs, HTML, and JSON or Python; there `\\n` is white space, and any other backslash is dropped."""


@dataclass(frozen=True)
class _Form:
    """One way in which a secret may be written; its beginning or its ending alone reveals the secret."""

    text: str
    beginning: str
    ending: str
    shown: str


class Redactor:
    """Removes known secrets from any text, and escapes the text so that it can be written anywhere.

    Of a secret of at least 12 characters, 11 or 12 characters from either end are enough to be found, in plain text or
    base64, whatever the letter case, however escaped, and with white space in between. A shorter secret is found as a
    whole or, from five characters on, without its last or first character. Time is linear in the length of the text.
    """

    def __init__(self) -> None:
        self._plain: dict[str, _Form] = {}
        self._squeezed: dict[str, _Form] = {}

    def hide(self, secret: str, shown: str = "$TOKEN", whole: bool = False) -> None:
        """Show `shown` in place of this secret from now on.

        `whole` is for a secret whose ends reveal nothing, as other texts have the same ends.
        """
        if len(secret) < SHORTEST_SECRET:
            return
        ways = _ways_to_write(secret)
        if len(secret) < NEEDLE:
            self._plain = self._plain | _forms(map(_lowered, ways), len(secret), shown)
        else:
            needle = len(secret) if whole else NEEDLE
            self._plain = self._plain | _forms([_lowered(secret)], needle, shown)
            revealing = min(len(_squeezed(end)) for end in (secret[:needle], secret[-needle:]))
            self._squeezed = self._squeezed | _forms(map(_squeezed, ways), revealing, shown)

    def hide_url(self, url: str) -> None:
        """Show a URL as `$BASE_URL`, and its host as `$BASE_URL_HOST`; a host that is a plain word, only after `//`."""
        self.hide(url, "$BASE_URL", whole=True)
        parts = urlsplit(url)
        if "." in parts.netloc or parts.netloc.startswith("["):
            self.hide(parts.hostname or "", "$BASE_URL_HOST", whole=True)
        else:
            self.hide(f"//{parts.netloc}", "//$BASE_URL_HOST", whole=True)

    def holds_secret(self, text: str) -> bool:
        """Whether a text holds a secret, or a part that reveals it."""
        return any(self._spans(text))

    def without_secrets(self, text: str) -> str:
        """Return a text with each secret replaced."""
        return "".join(f"{before}{shown}" for before, shown in self.parts(text))

    def parts(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each part of a text that is no secret, with the replacement of the secret that follows it, if any."""
        done = 0
        for start, end, shown in sorted(self._spans(text)):
            if end > done:
                if start >= done:
                    yield text[done:start], shown
                done = end
        yield text[done:], ""

    def __call__(self, text: str) -> str:
        return escaped(self.without_secrets(text))

    def _spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield where secrets begin and end, and their replacements."""
        lowered = _lowered(text)
        for form in _present(self._plain, lowered):
            yield from ((start, end, form.shown) for start, end in _places(form, lowered))
        if found := _present(self._squeezed, _squeezed(text)):
            view = _View(text)
            for form in found:
                yield from ((*view.place(start, end), form.shown) for start, end in _places(form, view.text))


redacted = Redactor()
"""The redactor of this process: settings and targets register their secrets with it."""


def _forms(texts: Iterable[str], revealing: int, shown: str) -> dict[str, _Form]:
    """Return the ways in which a secret is written; `revealing` characters from either end reveal it."""
    forms = {}
    for text in texts:
        least = max(SHORTEST_SECRET, min(revealing, len(text) - 1))
        forms[text] = _Form(text, text[:least], text[-least:], shown)
    return forms


def _ways_to_write(secret: str) -> set[str]:
    """Return a secret as it is written in plain text, JSON, a URL, HTML, Python and base64."""
    escaped_ones = {json.dumps(secret)[1:-1], quote(secret), quote(secret, ""), repr(secret)[1:-1], html.escape(secret)}
    return {secret, *escaped_ones, *(_in_base64(secret) if len(secret) >= SHORTEST_ENCODED else ())}


def _in_base64(secret: str) -> Iterator[str]:
    """Yield a secret in base64, for each place that its first byte may have among the three that are encoded together.

    The last letter depends on the secret alone only if the secret ends the encoded text, with padding or without.
    """
    octets = secret.encode()
    for before, encode in itertools.product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        letters = encode(bytes(before) + octets).decode()[(0, 2, 3)[before] :]
        own = (before + len(octets)) * 8 // 6 - (0, 2, 3)[before]
        yield from (letters, letters.rstrip("="), letters[:own])


def _lowered(text: str) -> str:
    """Return a text of the same length with ASCII in lower case."""
    return text.encode("utf-8", "surrogatepass").translate(SMALL_LETTERS).decode("utf-8", "surrogatepass")


def _squeezed(text: str) -> str:
    """Return a text without escapes, white space and invisible characters, with ASCII in lower case."""
    for escape in ESCAPES:
        if escape.mark in text:
            text = escape.pattern.sub(escape.decode, text)
    if ODD_GAP.search(beyond_ascii(text)):
        text = ODD_GAP.sub("", text)
    return text.encode().translate(SMALL_LETTERS, ASCII_GAPS).decode()


def _present(forms: dict[str, _Form], text: str) -> list[_Form]:
    return [form for form in forms.values() if form.beginning in text or form.ending in text]


def _places(form: _Form, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a form, or a part from either end of it, begins and ends."""
    at = text.find(form.beginning)
    while at >= 0:
        end = at + _common(text[at : at + len(form.text)], form.text)
        yield at, end
        at = text.find(form.beginning, end)
    done, at = 0, text.find(form.ending)
    while at >= 0:
        end = at + len(form.ending)
        yield end - _common(text[max(done, end - len(form.text)) : end][::-1], form.text[::-1]), end
        done, at = end, text.find(form.ending, end)


def _common(one: str, other: str) -> int:
    """Return the length of the common prefix."""
    return len(one) if one == other else len([*itertools.takewhile(bool, map(operator.eq, one, other))])


class _Layer:
    """A text with one way of escaping undone, and where each of its characters was in the escaped text."""

    def __init__(self, text: str, pattern: re.Pattern[str], decode: Decode) -> None:
        self._begins, self._from, self._to = array("q"), array("q"), array("q")
        self._length = 0
        pieces, done = list[str](), 0
        for found in pattern.finditer(text):
            pieces += [self._run(text[done : found.start()], done, found.start())]
            pieces += [self._run(decode(found), found.start(), found.end())]
            done = found.end()
        pieces += [self._run(text[done:], done, len(text))]
        self.text = "".join(pieces)

    def _run(self, piece: str, start: int, end: int) -> str:
        if piece:
            self._begins.append(self._length)
            self._from.append(start)
            self._to.append(end)
            self._length += len(piece)
        return piece

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the text was in the escaped text."""
        first, last = bisect_right(self._begins, start) - 1, bisect_right(self._begins, end - 1) - 1
        after = self._begins[last + 1] if last + 1 < len(self._begins) else self._length
        return self._from[first] + start - self._begins[first], self._to[last] - (after - end)


class _View:
    """A text as `_squeezed` returns it, and where each of its characters is in the original."""

    def __init__(self, text: str) -> None:
        self._original = text
        self._layers: list[_Layer] = []
        steps = [*ESCAPES, _Escape("", GAP, lambda _: "")]
        for step in steps:
            if step.mark in text:
                self._layers.append(_Layer(text, step.pattern, step.decode))
                text = self._layers[-1].text
        self.text = _lowered(text)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the view is in the original, with the backslashes before it."""
        for layer in reversed(self._layers):
            start, end = layer.place(start, end)
        while start and self._original[start - 1] == "\\":
            start -= 1
        return start, end
