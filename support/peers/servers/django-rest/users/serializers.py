# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from rest_framework import serializers

from users.models import User


class UserSerializer(serializers.ModelSerializer):
    """Say which fields of a user are seen and which of them a client may write."""

    class Meta:
        model = User
        fields = ("id", "name", "email", "created_at")
        read_only_fields = ("created_at",)
