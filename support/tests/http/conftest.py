"""The clients that the tests of this folder go through."""

from support.tests.http.clients import client

__all__ = ["client"]
