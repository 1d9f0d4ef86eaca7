"""Targets: what is known of the API that is judged, and how it is reached."""

from support.targets.profile import Profile
from support.targets.reading import load

__all__ = ["Profile", "load"]
