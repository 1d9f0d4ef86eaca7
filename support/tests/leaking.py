"""The encodings in which a target may repeat a secret."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "in small letters": str.lower,
    "in capitals": str.upper,
    "as JSON": json.dumps,
    "as JSON in JSON": lambda secret: json.dumps(json.dumps(secret)),
    "as JSON without letters": lambda secret: "".join(f"\\u{ord(sign):04X}" for sign in secret),
    "as Python": repr,
    "as HTML": html.escape,
    "as HTML in numbers": lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a URL, in small letters": lambda secret: quote(secret, safe="").lower(),
    "in a URL without letters": lambda secret: "".join(f"%{ord(sign):02X}" for sign in secret),
    "base64": encoded,
    "base64 without padding": lambda secret: encoded(secret).rstrip("="),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 after one": lambda secret: encoded(f"x{secret}"),
    "base64 after two": lambda secret: encoded(f"me{secret}:"),
    "base64 of Basic": lambda secret: encoded(f"user:{secret}"),
    "base64 of a header": lambda secret: encoded(f"Authorization: Bearer {secret}\r\n"),
    "base64 in lines": lambda secret: base64.encodebytes(f"Authorization: Bearer {secret}".encode() * 2).decode(),
    "split by a line end": lambda secret: f"{secret[:7]}\n    {secret[7:]}",
    "split in JSON": lambda secret: json.dumps(f"{secret[:7]}\n{secret[7:]}"),
    "split everywhere": "\r\n".join,
    "split by invisible characters": lambda secret: f"{secret[:7]}\x1b\u202e\u200b{secret[7:]}",
    "its beginning": lambda secret: secret[:12],
    "its end": lambda secret: secret[-12:],
    "more of its beginning": lambda secret: secret[:17],
    "more of its end": lambda secret: secret[-17:],
    "the end of its base64": lambda secret: encoded(secret)[-12:],
}
