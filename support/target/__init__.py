"""The API that is judged: how it is reached, and whether it may be touched."""
