"""The clients that the tests of this folder go through."""

from support.tests.transport.clients import client

__all__ = ["client"]
