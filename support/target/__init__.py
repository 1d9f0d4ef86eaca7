"""The API under test: how the suite reaches it, and whether it may write to it."""
