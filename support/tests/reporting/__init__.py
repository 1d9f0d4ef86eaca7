"""Tests of what a run shows of itself."""
