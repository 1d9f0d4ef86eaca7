"""The start options of the embedded Users API."""

import argparse
import json
from collections.abc import Sequence

TYPE_CHECKING = False  # typing is slow to import, and the port is to be known at once
if TYPE_CHECKING:
    from support.sandbox.twists import Twist


PERSONALITIES = ("mockapi", "mockapi-500", "json-api", "envelope", "unlisted", "without-patch", "without-changes")


class Options(argparse.Namespace):
    """The options of the command line.

    `database` None is a temporary one that leaves nothing on the disk. `window` is in milliseconds.
    """

    host: str
    port: int
    path: str
    token: str | None
    database: str | None
    until_stdin_closes: bool
    control: bool
    seed_users: int
    faults: str | None
    personality: str | None
    variant: list[str]
    defect: list[str]
    window: float


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong option ends the process with a usage line and status 2."""
    parser = _parser()
    options = parser.parse_args(arguments, Options())
    for kind, names in (("variant", options.variant), ("defect", options.defect)):
        if names:
            _check_names(parser, kind, names)
            if options.personality:
                parser.error(f"a personality has no {kind}s")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m support.sandbox", description="An embedded Users API.")
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0, the default, takes a free one; the first line of output has it")
    add("--path", default="/users", type=_collection_path, help="path of the collection")
    add("--token", help="bearer token; by default $SANDBOX_TOKEN, or a random one")
    add("--database", metavar="FILE", help="store the users here, so that they survive a restart")
    add(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input closes, or the parent ends",
    )
    add("--control", action="store_true", help="serve /_control: faults and statistics")
    add("--seed-users", type=int, default=0, metavar="N", help="begin with N existing users")
    add("--faults", metavar="JSON", type=_faults, help="begin with these faults")
    add("--personality", choices=PERSONALITIES, help="imitate a known service, or another shape")
    add("--variant", action="append", default=[], metavar="NAME", help="be unusual but correct; can be repeated")
    add("--list-variants", action=_Catalogue, nargs=0, help="print names and what they do")
    add("--defect", action="append", default=[], metavar="NAME", help="break a rule; can be repeated")
    add("--list-defects", action=_Catalogue, nargs=0, help="print names, rules and what they do")
    add("--window", type=float, default=1.0, metavar="MS", help="how long the gap of a racy defect is open")
    return parser


class _Catalogue(argparse.Action):
    """Print the names and descriptions, tab-separated, and end."""

    def __call__(self, *_arguments: object) -> None:
        for twist in _catalogue(self.dest.removeprefix("list_").removesuffix("s")).values():
            print(*filter(None, (twist.name, twist.rule, twist.says)), sep="\t")  # noqa: T201  the answer
        raise SystemExit(0)


def _catalogue(kind: str) -> "dict[str, Twist]":
    from support.sandbox import catalogue  # late: it imports the whole API

    return catalogue.VARIANTS if kind == "variant" else catalogue.DEFECTS


def _check_names(parser: argparse.ArgumentParser, kind: str, names: Sequence[str]) -> None:
    import difflib  # late: few starts want it

    known = _catalogue(kind)
    for name in names:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, known)) or f"see --list-{kind}s"
            parser.error(f"there is no {kind} {name!r}: {near}")


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
