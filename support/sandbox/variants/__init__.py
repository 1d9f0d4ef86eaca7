"""Correct but unusual ways to keep the contract: what the suite must never call a fault."""

from support.sandbox.variants import answers, connections, representation, traffic

__all__ = ["answers", "connections", "representation", "traffic"]
