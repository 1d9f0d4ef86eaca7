"""The token that a command, such as a login, prints; the command runs again when the token has expired."""

from __future__ import annotations

import logging
import re
import subprocess
import threading
import time
from collections.abc import Callable, Collection

from support.errors import SettingsError
from support.redaction import redacted
from support.statuses import UNAUTHORIZED

log = logging.getLogger("acceptance")
LONGEST_S = 60.0
BY_HAND = "Run it by hand: it must print the token and end."
PAUSE_S = 2.0


class TokenCommand:
    """The latest token that the command has printed; safe to share between threads.

    A token that the API refuses although the command has just printed it is not renewed for 2 seconds: the refusal has
    another reason. While `frozen` is true, as in the scenarios about access, no token is renewed.
    """

    def __init__(
        self,
        command: str,
        statuses: Collection[int] = (UNAUTHORIZED,),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Run the command; raises SettingsError, in one line, where it prints no token.

        Answers of these statuses say that a token is refused.
        """
        self._command, self._clock, self.statuses = command, clock, statuses
        self._lock = threading.Lock()
        self._in_vain = ""
        self.frozen = False
        self.token = self._run()

    def renew(self, refused: str = "") -> None:
        """Run the command again, unless the refused token is not the latest; keep the token if the command fails."""
        with self._lock:
            is_too_soon = refused == self._in_vain and self._clock() - self._printed_at < PAUSE_S
            if self.frozen or (refused and (refused != self.token or is_too_soon)):
                return
            try:
                self.token = self._run()
            except SettingsError as error:
                log.warning("%s", redacted(str(error)))

    def note_refused_again(self) -> None:
        """Note that a call is refused with the renewed token too."""
        self._in_vain = self.token

    def _run(self) -> str:
        try:
            done = subprocess.run(
                self._command,
                shell=True,  # as the settings are the user's own; a login is often a pipe
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SettingsError(f"TOKEN_COMMAND: it did not end within {LONGEST_S:g} s. {BY_HAND}") from None
        except UnicodeDecodeError:
            raise SettingsError(f"TOKEN_COMMAND: it printed something that is not text. {BY_HAND}") from None
        except OSError as error:
            raise SettingsError(f"TOKEN_COMMAND: it cannot be started ({error.strerror}). {BY_HAND}") from None
        finally:
            self._printed_at = self._clock()
        token = done.stdout.strip()
        if done.returncode:
            said = done.stderr.strip().rpartition("\n")[2]
            raise SettingsError(
                f"TOKEN_COMMAND: it ended with exit code {done.returncode}: {said or 'it said nothing'}. {BY_HAND}"
            )
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            what = f"{len(token)} characters that are not a token" if token else "nothing"
            raise SettingsError(f"TOKEN_COMMAND: it printed {what}. It must print the token, and nothing else.")
        redacted.hide(token)
        return token
