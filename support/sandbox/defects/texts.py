"""Names and addresses that do not come back as they were sent."""

import html
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from support.sandbox.defects.kit import users_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "exact-text"


def _rename_what_is_stored(sandbox: Sandbox, rename: Callable[[str], str]) -> None:
    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        taken: dict[str, str] = fields(document, required=required)
        return {**taken, "name": rename(taken["name"])} if "name" in taken else taken

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
    """What looks like a tag is taken out of a name."""
    _rename_what_is_stored(sandbox, lambda name: re.sub("<[^>]*>", "", name) or name)


@defect(_RULE)
def names_trimmed(sandbox: Sandbox) -> None:
    """Spaces around a name, and double ones within, are lost."""
    _rename_what_is_stored(sandbox, lambda name: " ".join(name.split()))


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
    """An address is shown without its +tag."""
    return {**present(user), "email": re.sub(r"\+[^@]*@", "@", user.email)}
