"""Text of a target is data: terminal controls, CI commands and invisible characters are shown as escapes."""

from __future__ import annotations

import re

ASCII = bytes(range(0x80))
VISIBLE = b"\n\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(f"{chr(last - 1)}{chr(last)}" for last in range(0xFFFF, 0x110000, 0x10000))
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
INVISIBLE = f"\x80-\x9f{BIDI}\u2028\u2029\ufeff\ud800-\udfff{NONCHARACTERS}"
INVISIBLE_ANYWHERE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{INVISIBLE}]")
CI_COMMAND = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))", re.IGNORECASE)
CI_COMMAND_AT_THE_START = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def escaped(text: str) -> str:
    """Return a text that can be written to a terminal, a log of a CI job and XML; lines and tabs stay.

    Controls, direction marks, lone surrogates and noncharacters become escapes as Python writes them, and CI commands
    (`::error::`, `##[error]`, `##vso[`, `##teamcity[`) lose their effect. Escaping twice is the same as escaping once.
    """
    octets = text.encode("utf-8", "surrogatepass")
    if octets.translate(None, VISIBLE) or INVISIBLE_ANYWHERE.search(beyond_ascii(text)):
        text = INVISIBLE_ANYWHERE.sub(_escape, text)
    if "##" in text:
        text = CI_COMMAND.sub(r"\\x23", text)
    return CI_COMMAND_AT_THE_START.sub(r"\1\\x3a", text) if "::" in text else text


def on_one_line(text: str) -> str:
    """Return a text as `escaped` does, with its line ends and tabs as escapes."""
    return escaped(text.replace("\n", "\\n").replace("\t", "\\t"))


def beyond_ascii(text: str) -> str:
    """Return each character of a text that is not ASCII once: far fewer to search than the whole text."""
    if text.isascii():
        return ""
    return "".join(set(text.encode("utf-8", "surrogatepass").translate(None, ASCII).decode("utf-8", "surrogatepass")))


def _escape(sign: re.Match[str]) -> str:
    code = ord(sign[0])
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
