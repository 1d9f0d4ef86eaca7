# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from rest_framework import viewsets

from users.models import User
from users.serializers import UserSerializer


class UserViewSet(viewsets.ModelViewSet):
    """Offer list, create, retrieve, update, partial update and destroy."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    filterset_fields = ("email",)
