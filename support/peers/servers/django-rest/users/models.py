# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from django.db import models


class User(models.Model):
    """Keep one person of the directory; who may call the API is an account of django.contrib.auth."""

    name = models.CharField(max_length=200)
    email = models.EmailField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self):
        return f"{self.name} <{self.email}>"
