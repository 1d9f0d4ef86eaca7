# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from rest_framework.authtoken.models import Token


class Command(BaseCommand):
    """Make the tables and one account with the token given."""

    help = "Migrate, and give the account 'client' the token TOKEN."

    def add_arguments(self, parser):
        parser.add_argument("token")

    def handle(self, *_, token, **__):
        call_command("migrate", verbosity=0)
        account = get_user_model().objects.create_user("client")
        Token.objects.create(user=account, key=token)
