# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from rest_framework.authentication import TokenAuthentication


class BearerAuthentication(TokenAuthentication):
    """Read the token from `Authorization: Bearer TOKEN`."""

    keyword = "Bearer"
