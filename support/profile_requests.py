"""The part of a profile that says what is sent, and how: further fields, authentication, headers, paths, media types.

In a text, `${NAME}` stands for a setting of the environment, as in a shell; its value is hidden in all that is shown.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, model_validator
from pydantic.dataclasses import dataclass

from support.models import Credential
from support.profile_types import STRICT, Text, wanting

ID = "{id}"
PLACEHOLDER = re.compile(r"(?<!\$)\{(\w+)\}")
FROM_ENVIRONMENT = re.compile(r"\$\{(\w+)\}")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
ELSEWHERE = {
    "authorization": "authentication goes under [auth]",
    "accept": "media types go under [media_types]",
    "content-type": "media types go under [media_types]",
    **dict.fromkeys(("host", "connection", "content-length", "transfer-encoding"), "the suite sets this one itself"),
}

Placeholder = Literal["name", "first_name", "last_name", "email", "local_part", "password", "uuid", "number", "id"]


def _fields(value: Any) -> Any:
    """Refuse templates with an unknown placeholder, at any depth."""
    for text in [value] if isinstance(value, str) else ():
        for name in PLACEHOLDER.findall(text):
            if name not in get_args(Placeholder):
                known = ", ".join(f"{{{one}}}" for one in get_args(Placeholder))
                raise ValueError(f"there is no {{{name}}}; a template may hold {known}")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _fields(inner)
    return value


def _header_name(value: str) -> str:
    if value.lower() in ELSEWHERE:
        raise ValueError(f"{value} cannot be set under [headers]: {ELSEWHERE[value.lower()]}")
    if HEADER_NAME.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is not a valid header name")


Fields = Annotated[dict[str, Any], AfterValidator(_fields)]
"""Fields of a user, named as the target names them; texts may be templates such as `{local_part}`."""
HeaderName = Annotated[str, AfterValidator(_header_name)]
Line = Annotated[str, wanting("it must be one line of visible ASCII characters", re.compile(r"[\x20-\x7e]+").fullmatch)]
Path = Annotated[
    str,
    wanting(
        "it must be a path such as /auth/register, on the host of BASE_URL",
        re.compile(r"/(?!/)[\x21\x22\x24-\x5b\x5d-\x7e]*").fullmatch,
    ),
]
ItemPath = Annotated[Path, wanting("it must hold {id} once", lambda text: text.count(ID) == 1)]
Headers = dict[HeaderName, Line]
Parameters = dict[Line, Line]
Updating = Literal["PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, config=STRICT)
class Auth:
    """How requests authenticate: `name` is that of the header, cookie or query parameter, and `format` is its value.

    In `basic`, the token is `user:password`. In `none`, no request authenticates.
    """

    scheme: Literal["bearer", "header", "basic", "cookie", "query", "none"] = "bearer"
    name: Line | None = None
    format: Annotated[Line, wanting("it must hold {token} once", lambda text: text.count("{token}") == 1)] = "{token}"

    @model_validator(mode="after")
    def _has_a_name(self) -> Auth:
        if self.scheme in ("header", "cookie", "query") and self.name is None:
            of = "query parameter" if self.scheme == "query" else self.scheme
            raise ValueError(f"name is missing; it must be the name of the {of}")
        return self

    @property
    def credential(self) -> Credential:
        """Return how a request authenticates, without its token."""
        place: Any = self.scheme if self.scheme in ("basic", "cookie", "query") else "header"
        form = f"Bearer {self.format}" if self.scheme == "bearer" else self.format
        return Credential("$TOKEN", form, place=place, name=self.name or "Authorization")


@dataclass(frozen=True, config=STRICT)
class Queries:
    """Query parameters beside the suite's own: of every request, of those of one method, and of searches."""

    every: Parameters = field(default_factory=dict)
    get: Parameters = field(default_factory=dict)
    post: Parameters = field(default_factory=dict)
    put: Parameters = field(default_factory=dict)
    patch: Parameters = field(default_factory=dict)
    delete: Parameters = field(default_factory=dict)
    search: Parameters = field(default_factory=dict)

    def of(self, method: str) -> Parameters:
        """Return the parameters of requests of this method."""
        by_method = {"PUT": self.put, "PATCH": self.patch, "POST": self.post, "DELETE": self.delete}
        return {**self.every, **(self.get if method in ("GET", "HEAD") else by_method.get(method, {}))}


@dataclass(frozen=True, config=STRICT)
class Paths:
    """Where the target's URLs differ: slashes at their ends, and the paths of create and of users that have their own.

    `item` is the path of one user, such as `/users/{id}.json`; `item_slash` then does not matter.
    """

    collection_slash: bool = False
    item_slash: bool = False
    item: ItemPath | None = None
    create: Path | None = None


@dataclass(frozen=True, config=STRICT)
class MediaTypes:
    """The media types of the bodies that each method sends, and the media type that requests accept."""

    post: Text = "application/json"
    put: Text = "application/json"
    patch: Text = "application/json"
    accept: Text = "application/json"
