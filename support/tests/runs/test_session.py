"""The session of a run, from its opening to its end."""

from __future__ import annotations

import asyncio

import pytest

from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_the_lease_is_renewed_until_the_journal_closes(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("support.cleanup.ledger.HEARTBEAT_S", 0.001)
    monkeypatch.setattr("support.cleanup.ledger.log.warning", lambda text, *of: logged.append(text % of))
    session = new_session(embedded)
    close = session.async_client.close

    async def close_slowly() -> None:
        await asyncio.sleep(0.05)
        await close()

    monkeypatch.setattr(session.async_client, "close", close_slowly)
    session.close()
    assert logged == []
