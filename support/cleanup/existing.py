"""Whom a list shows before a run begins: users that the run must never touch."""

from __future__ import annotations

from support.cleanup.journal import Journal
from support.cleanup.marks import mark_in
from support.contract.normalizers import users_of
from support.models import Exchange
from support.profile import Profile


def others_in(listed: Exchange, profile: Profile, journal: Journal) -> frozenset[str]:
    """Return the ids in a list, except those of the users of other live runs, whose ids may be assigned again."""
    marks = {user.id: mark_in(user.email) for user in users_of(listed.answer, profile)}
    return frozenset(user_id for user_id, mark in marks.items() if mark is None or not journal.is_live(mark))
