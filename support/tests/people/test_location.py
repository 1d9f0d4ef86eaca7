"""Which addresses a Location may lead to: the token goes nowhere else."""

from __future__ import annotations

import pytest

from support.acts.protocol import _origin


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://127.0.0.1:8000/users", "http://localhost:8000/users/7"),
        ("http://[::1]:8000/users", "http://localhost:8000/users/7"),
        ("https://api.example.com/users", "https://API.example.com:443/users/7"),
        ("http://api.example.com:80/users", "http://api.example.com./users/7"),
    ],
)
def test_the_same_place_under_another_name(one: str, other: str) -> None:
    assert _origin(one) == _origin(other)


@pytest.mark.parametrize(
    "other",
    [
        "https://localhost:8000/users/7",
        "http://localhost:8001/users/7",
        "http://127.0.0.2:8000/users/7",
        "http://evil.example/users/7",
        "http://localhost:port/users/7",
        "http://localhost@evil.example:8000/users/7",
    ],
)
def test_another_place(other: str) -> None:
    assert _origin("http://127.0.0.1:8000/users") != _origin(other)
