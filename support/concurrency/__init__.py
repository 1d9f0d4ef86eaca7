"""Concurrent requests whose ends are sent at the same moment, and verdicts on how they ended."""
