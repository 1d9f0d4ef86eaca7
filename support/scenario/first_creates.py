"""The first creates of valid users in a run: if the API refuses them all alike, no scenario can show anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.errors import SettingsError
from support.models import Exchange
from support.profile_answers import Names
from support.statuses import is_success
from support.target.diagnosis import why_refused

ENOUGH = 5


@dataclass
class FirstCreates:
    """The refused creates of valid users, up to the first create that succeeded."""

    refused: list[Exchange] = field(default_factory=list)
    collection: str = ""
    names: Names = field(default_factory=Names)
    one_succeeded: bool = False

    def note(self, exchange: Exchange, collection: str, names: Names) -> None:
        """Note the outcome of a create of a valid user; `collection` is the URL of the collection."""
        self.collection, self.names = collection, names
        self.one_succeeded = self.one_succeeded or is_success(exchange.status)
        if not self.one_succeeded:
            self.refused.append(exchange)

    @property
    def fault(self) -> SettingsError | None:
        """The error that ends the run if its first creates, at least five, were all refused with one status."""
        alike = len({exchange.status for exchange in self.refused}) == 1
        if self.one_succeeded or not alike or len(self.refused) < ENOUGH:
            return None
        sent_names = {"name": self.names.name, "email": self.names.email}
        why = why_refused(self.refused[-1], self.collection, sent_names)
        return SettingsError(f"the first {len(self.refused)} creates of valid users were all refused alike: {why}")
