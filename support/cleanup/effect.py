"""Deletions that are confirmed and have no effect: the rule `delete` is broken, whatever the scenarios are about."""

from __future__ import annotations

from collections.abc import Iterable

from support.cleanup.ledger import Record
from support.cleanup.ownership import OwnershipCheck
from support.contract.violation import fail
from support.http.async_client import AsyncClient


async def check_effect(client: AsyncClient, ownership: OwnershipCheck, left: Iterable[Record], within_s: float) -> None:
    """Delete one of the users once more who are left after their deadline; raises ContractViolation if they stay."""
    user_id = next((one for record in left for one in sorted(record.ids & record.deleted)), None)
    if user_id is None or await client.run(ownership.read_own(user_id)) is None:
        return
    deletion = await client.run(ownership.api.in_background().delete(user_id))
    stays = await client.run(ownership.read_own(user_id)) is not None
    if stays and ownership.means_deleted(deletion.status):
        wanted = f"a user who is gone within {within_s:g} s after the deletion"
        wrong = "the deletion was confirmed twice, and a read still shows the user"
        fail("delete", "deleting what this run has created", [wanted], [wrong], deletion)
