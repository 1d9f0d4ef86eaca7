"""Names, emails and JSON that the contract lets an API take or refuse."""

import json
import re
import unicodedata
from typing import Any

from support.sandbox import checks
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant

_CONTROLS_AND_FORMATS = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
_SHOWS_NOTHING = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_STRICT_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_OPEN_EMAIL = re.compile(r"(?:\"[^\"@\s]+\"|[^@\s\"]+)@[^@\s]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_STAND_IN = re.compile("[\U0010d800-\U0010dfff]")


@variant(at="name_fault")
def invisible_characters_refused(_sandbox: Sandbox, name_fault: Decision, value: object) -> str | None:
    """A name with an invisible character is refused: controls, joiners, direction marks, selectors."""
    if isinstance(value, str) and (
        _SHOWS_NOTHING.search(value) or any(unicodedata.category(sign) in _CONTROLS_AND_FORMATS for sign in value)
    ):
        return "name has an invisible character"
    fault: str | None = name_fault(value)
    return fault


@variant(at="name_fault")
def controls_refused(_sandbox: Sandbox, name_fault: Decision, value: object) -> str | None:
    """A name with a C0 or C1 control is refused, line breaks among them; other invisible characters are kept."""
    if isinstance(value, str) and any(unicodedata.category(sign) == "Cc" for sign in value):
        return "name has a control character"
    fault: str | None = name_fault(value)
    return fault


@variant(at="document")
def nul_refused(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body with a NUL in a text is refused with 400, as a database does that cannot store it."""
    fields: dict[str, Any] = document(call)
    if "\0" in str(fields.get("name")) + str(fields.get("email")):
        raise Refusal(400, "Bad Request", "A text holds the character U+0000.")
    return fields


@variant(at="email_fault")
def strict_emails(_sandbox: Sandbox, email_fault: Decision, value: object) -> str | None:
    """Only emails that have to be taken are: a dot-atom of ASCII at a domain name of RFC 1035."""
    if isinstance(value, str) and not _STRICT_EMAIL.fullmatch(value):
        return "email must be a dot-atom of ASCII at a domain name"
    fault: str | None = email_fault(value)
    return fault


@variant(at="email_fault")
def lenient_emails(_sandbox: Sandbox, _email_fault: Decision, value: object) -> str | None:
    """Every email is taken that need not be refused: quoted, without a dot, at an IP address, in any script."""
    if not isinstance(value, str) or not _OPEN_EMAIL.fullmatch(value) or len(value) > checks.EMAIL_LIMIT:
        return "email must be local@domain"
    return None


@variant(at="present")
def upper_case_emails(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Emails come back in upper case."""
    return {**present(user), "email": "".join(sign.upper() if sign.isascii() else sign for sign in user.email)}


@variant(at="parse")
def duplicate_keys_refused(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body with the same name twice in one object is refused with 400."""
    document = parse(body)
    json.loads(body, object_pairs_hook=_once_each)
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("the same name twice")
    return dict(pairs)


@variant(at="parse")
def first_of_duplicate_keys(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """Of the same name twice in one object, the first value counts."""
    parse(body)
    return json.loads(body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))


@variant()
def lone_surrogates_kept(sandbox: Sandbox) -> None:
    """Half of a surrogate pair is taken and shown as it was sent; the database keeps a stand-in for it."""

    def parse(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
        try:
            return parse(body)
        except UnicodeEncodeError:
            document = json.loads(body, object_hook=_with_stand_ins)
            json.dumps(document, ensure_ascii=False).encode()  # anywhere but in a name it is refused
            return document

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**present(user), "name": _STAND_IN.sub(lambda sign: chr(ord(sign[0]) - 0x100000), user.name)}

    sandbox.around("parse", parse)
    sandbox.around("present", present)
    sandbox.around("encode", lambda _, _encode, content: json.dumps(content).encode())


def _with_stand_ins(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _stored(name, value) for name, value in fields.items()}


def _stored(name: str, value: Any) -> Any:
    if name == "name" and isinstance(value, str):
        return _SURROGATE.sub(lambda sign: chr(ord(sign[0]) + 0x100000), value)
    return value


@variant(at="document")
def not_utf_8_is_422(sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body that is not UTF-8 is refused with 422."""
    try:
        call.body.decode()
    except UnicodeDecodeError:
        raise sandbox.api.invalid("the body must be in UTF-8") from None
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="fields")
def empty_change_refused(
    sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """A change of nothing is refused with 422."""
    taken: dict[str, str] = fields(document, required=required)
    if not taken:
        raise sandbox.api.invalid("name or email is needed")
    return taken


@variant(at="respond")
def escaped_letters(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Any:
    """Every letter of a text in JSON is escaped, names of fields too, and white space surrounds all."""
    response = respond(call, answer)
    if response.body and answer.content is not None:
        response.body = b"\n\n " + _escaped(answer.content).encode() + b" \n"
        response.headers["content-length"] = str(len(response.body))
    return response


def _escaped(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + " ,\t".join(f"{_escaped(name)} : {_escaped(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + " , ".join(map(_escaped, value)) + " ]"
    if not isinstance(value, str):
        return json.dumps(value)
    octets = value.encode("utf-16-be", "surrogatepass")
    return '"' + "".join(f"\\u{octets[place]:02X}{octets[place + 1]:02x}" for place in range(0, len(octets), 2)) + '"'
