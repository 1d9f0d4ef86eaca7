"""The start options of the embedded Users API."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """What was asked for at the start. `database` None is a temporary one that leaves nothing on the disk."""

    host: str = "127.0.0.1"
    port: int = 0
    path: str = "/users"
    token: str | None = None
    database: str | None = None
    until_stdin_closes: bool = False
    control: bool = False
    seed_users: int = 0
    faults: str | None = None


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong option ends the process with a usage line and status 2."""
    given = _parser().parse_args(arguments)
    return Options(**vars(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m support.sandbox", description="An embedded Users API.")
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add(
        "--port",
        type=int,
        default=0,
        help="0, the default, takes a free one; the first line of output tells it",
    )
    add("--path", default="/users", type=_collection_path, help="where the collection is")
    add("--token", help="else $SANDBOX_TOKEN, else a random one")
    add("--database", metavar="FILE", help="keep the users here, so that a restart finds them again")
    add(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input does, as it does with the parent",
    )
    add("--control", action="store_true", help="serve /_control: faults and statistics")
    add("--seed-users", type=int, default=0, metavar="N", help="begin with N other people's users")
    add("--faults", metavar="JSON", type=_faults, help="begin with these faults in force")
    return parser


def _faults(text: str) -> str:
    from support.sandbox.faults import read_faults  # late: few starts want it

    try:
        read_faults(json.loads(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _collection_path(text: str) -> str:
    path = "/" + text.strip("/")
    if path == "/" or path.startswith("/_control"):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be the collection's path")
    return path
