"""Names and emails that do not come back as they were sent."""

import html
import json
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from support.sandbox.defects.kit import users_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "exact-text"


def _rename_what_is_stored(sandbox: Sandbox, rename: Callable[[str], str], field: str = "name") -> None:
    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        taken: dict[str, str] = fields(document, required=required)
        return {**taken, field: rename(taken[field])} if field in taken else taken

    sandbox.around("fields", fields)


@defect(_RULE, at="present")
def names_escaped(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Names are escaped for HTML when they are shown."""
    return {**present(user), "name": html.escape(user.name)}


@defect(_RULE, at="list_users")
async def names_escaped_in_list(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Names are escaped for HTML in the list only."""
    answer: Answer = await list_users(call)
    for user in users_in(answer):
        user["name"] = html.escape(user["name"], quote=False)
    return answer


@defect(_RULE, at="patch")
async def names_escaped_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A name that is changed by PATCH is stored escaped for HTML."""
    answer: Answer = await patch(call)
    user = sandbox.api.known(call)
    if html.escape(user.name) != user.name and b'"name"' in call.body:
        sandbox.store.update(user._replace(name=html.escape(user.name)))
        answer.content = sandbox.api.present(sandbox.api.known(call))
    return answer


@defect(_RULE)
def non_ascii_names_replaced(sandbox: Sandbox) -> None:
    """Characters outside ASCII are stored as question marks."""
    _rename_what_is_stored(sandbox, lambda name: name.encode("ascii", "replace").decode())


@defect(_RULE, at="document")
def lone_surrogates_replaced(_sandbox: Sandbox, document: Decision, call: Call) -> Any:
    """Half of a surrogate pair in a text becomes U+FFFD."""
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(call.body), ensure_ascii=False)
        call.body = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    return document(call)


@defect(_RULE)
def non_ascii_names_read_as_latin(sandbox: Sandbox) -> None:
    """Names are stored as if UTF-8 were Latin-1."""
    _rename_what_is_stored(sandbox, lambda name: name.encode().decode("latin-1")[:200])


@defect(_RULE)
def names_lose_emoji(sandbox: Sandbox) -> None:
    """Characters beyond U+FFFF are lost, as in a column of three-byte UTF-8."""
    _rename_what_is_stored(sandbox, lambda name: re.sub("[\U00010000-\U0010ffff]", "�", name))


@defect(_RULE)
def long_names_cut(sandbox: Sandbox) -> None:
    """Names are cut after 191 characters, the width of an old index."""
    _rename_what_is_stored(sandbox, lambda name: name[:191])


@defect(_RULE)
def quotes_doubled(sandbox: Sandbox) -> None:
    """An apostrophe is stored twice."""
    _rename_what_is_stored(sandbox, lambda name: name.replace("'", "''")[:200])


@defect(_RULE)
def markup_dropped(sandbox: Sandbox) -> None:
    """Parts of a name that look like a tag are removed."""
    _rename_what_is_stored(sandbox, lambda name: re.sub("<[^>]*>", "", name) or name)


@defect(_RULE)
def names_trimmed(sandbox: Sandbox) -> None:
    """Spaces around a name, and double ones within, are lost."""
    _rename_what_is_stored(sandbox, lambda name: " ".join(name.split()))


@defect(_RULE)
def line_breaks_flattened(sandbox: Sandbox) -> None:
    """Tabs and line breaks in a name become spaces."""
    _rename_what_is_stored(sandbox, lambda name: re.sub(r"[\t\r\n]", " ", name))


@defect(_RULE)
def names_composed(sandbox: Sandbox) -> None:
    """Names are stored in Unicode's composed form, whatever form was sent."""
    _rename_what_is_stored(sandbox, lambda name: unicodedata.normalize("NFC", name))


@defect(_RULE)
def names_capitalised(sandbox: Sandbox) -> None:
    """Each word of a name gets a capital and small letters."""
    _rename_what_is_stored(sandbox, str.title)


@defect(_RULE, at="present")
def tags_dropped(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """An email is shown without its +tag."""
    return {**present(user), "email": re.sub(r"\+[^@]*@", "@", user.email)}


@defect(_RULE)
def email_dots_dropped(sandbox: Sandbox) -> None:
    """The dots before the @ of an email are dropped, as if every mail service ignored them."""

    def plain(email: str) -> str:
        local, _, domain = email.partition("@")
        return f"{local.replace('.', '')}@{domain}"

    _rename_what_is_stored(sandbox, plain, "email")


@defect(_RULE)
def emails_lower_cased_in_turkish(sandbox: Sandbox) -> None:
    """Emails are lower-cased by the rules of Turkish, so that I becomes a dotless i."""
    _rename_what_is_stored(sandbox, lambda email: email.replace("I", "\u0131").lower(), "email")


@defect(_RULE)
def email_underscores_dropped(sandbox: Sandbox) -> None:
    """An email keeps letters, digits, dots, hyphens and + only."""
    _rename_what_is_stored(sandbox, lambda email: re.sub(r"[^\w.+@-]|_", "", email), "email")


@defect(_RULE, at="present")
def emails_escaped(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Emails are escaped for HTML when they are shown."""
    return {**present(user), "email": html.escape(user.email)}


@defect(_RULE)
def long_emails_cut(sandbox: Sandbox) -> None:
    """Emails are cut after 250 characters."""
    _rename_what_is_stored(sandbox, lambda email: email[:250], "email")


def _rename_what_a_method_stores(sandbox: Sandbox, at: str, rename: Callable[[str], str], field: str = "name") -> None:
    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        answer: Answer = await handler(call)
        user = sandbox.api.known(call)
        sandbox.store.update(user._replace(**{field: rename(getattr(user, field))}))
        answer.content = sandbox.api.present(sandbox.api.known(call))
        return answer

    sandbox.around(at, handler)


@defect(_RULE)
def names_cut_by_patch(sandbox: Sandbox) -> None:
    """A name that is changed by PATCH is cut after 100 characters."""
    _rename_what_a_method_stores(sandbox, "patch", lambda name: name[:100])


@defect(_RULE)
def names_cut_by_put(sandbox: Sandbox) -> None:
    """A name that is changed by PUT is cut after 100 characters."""
    _rename_what_a_method_stores(sandbox, "replace", lambda name: name[:100])


@defect(_RULE)
def names_trimmed_by_patch(sandbox: Sandbox) -> None:
    """A name that is changed by PATCH loses the spaces around it."""
    _rename_what_a_method_stores(sandbox, "patch", str.strip)


@defect(_RULE)
def names_trimmed_by_put(sandbox: Sandbox) -> None:
    """A name that is changed by PUT loses the spaces around it."""
    _rename_what_a_method_stores(sandbox, "replace", str.strip)


@defect(_RULE)
def names_composed_by_patch(sandbox: Sandbox) -> None:
    """Accents in a name that is changed by PATCH are joined with their letters."""
    _rename_what_a_method_stores(sandbox, "patch", lambda name: unicodedata.normalize("NFC", name))


@defect("patch", at="patch")
async def long_emails_refused_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH calls an email of more than 100 characters too long."""
    if len(str(sandbox.api.document(call).get("email", ""))) > 100:
        raise sandbox.api.invalid("email is too long")
    answer: Answer = await patch(call)
    return answer


@defect(_RULE)
def dates_reshaped(sandbox: Sandbox) -> None:
    """A name that looks like a date is written as the server writes dates."""

    def reshaped(name: str) -> str:
        try:
            return datetime.fromisoformat(name).astimezone(UTC).isoformat()
        except ValueError:
            return name

    _rename_what_is_stored(sandbox, reshaped)


@defect(_RULE)
def spaces_joined_by_put(sandbox: Sandbox) -> None:
    """A name that is changed by PUT has no two spaces in a row."""
    _rename_what_a_method_stores(sandbox, "replace", lambda name: re.sub("  +", " ", name))


@defect(_RULE)
def emoji_lost_by_put(sandbox: Sandbox) -> None:
    """Characters beyond U+FFFF are lost from a name that is changed by PUT."""
    _rename_what_a_method_stores(sandbox, "replace", lambda name: re.sub("[\U00010000-\U0010ffff]", "?", name))


@defect(_RULE)
def tags_dropped_by_put(sandbox: Sandbox) -> None:
    """An email that is changed by PUT loses its +tag."""
    _rename_what_a_method_stores(sandbox, "replace", lambda email: re.sub(r"\+[^@]*@", "@", email), "email")


@defect(_RULE)
def dots_dropped_by_put(sandbox: Sandbox) -> None:
    """An email with more than three dots before its @ keeps three when it is changed by PUT."""

    def fewer(email: str) -> str:
        local, _, domain = email.partition("@")
        return f"{'.'.join(local.split('.')[:4])}@{domain}"

    _rename_what_a_method_stores(sandbox, "replace", fewer, "email")
