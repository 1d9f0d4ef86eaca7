"""Start the embedded Users API: take the port, print it, and import the server only then.

A caller that reads the first line may connect at once: the kernel holds its connection until the imports
are done.
"""

import json
import os
import sys

from support.sandbox.lifetime import exit_on_signals, exit_with_parent
from support.sandbox.listening import listen
from support.sandbox.options import read_options


def main() -> None:
    """Serve until standard input closes or a signal comes."""
    options = read_options(sys.argv[1:])
    exit_on_signals()
    if options.until_stdin_closes:
        exit_with_parent()
    given = options.token or os.environ.get("SANDBOX_TOKEN")
    token = given or _random_token()
    try:
        sock = listen(options.host, options.port)
    except OSError as error:
        sys.exit(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    host, port = sock.getsockname()[:2]
    root = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    control = f"{root}/_control" if options.control else None
    print(json.dumps({"url": root + options.path, "control": control, "pid": os.getpid()}), flush=True)
    if not given or not options.until_stdin_closes:
        _print_example(root + options.path, "YOUR_TOKEN" if given else token)
    from support.sandbox.serving import serve  # late: the port is known before the slow imports begin

    serve(sock, options, token)


def _random_token() -> str:
    import secrets  # late: a run of the suite brings a token

    return secrets.token_urlsafe(24)


def _print_example(url: str, token: str) -> None:
    print(f'Try it: curl -H "Authorization: Bearer {token}" {url}', file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
