"""Makes a token for the API: `manage.py create_token ada@example.com --name Warehouse --scope read --days 90`."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiToken, User
from accounts.tokens import issue


class Command(BaseCommand):
    help = "Makes a token with which a program speaks for a user, and prints it: it is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose token; it may read what this user may")
        parser.add_argument("--name", required=True, help="what uses it, such as the warehouse")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            help="may be given several times (default: read)",
        )
        parser.add_argument(
            "--days", type=int, default=365, help="days until it expires (default: %(default)s)"
        )

    def handle(
        self, *_args: Any, email: str, name: str, scope: list[str] | None, days: int, **_: Any
    ) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(
                f"There is no active user with the address {email}. Invite them in the admin first."
            )
        if not 1 <= days <= 3650:
            raise CommandError("A token lasts 1 to 3650 days.")
        _row, token = issue(
            user, name=name, scopes=scope or [ApiToken.Scope.READ], lifetime=timedelta(days=days)
        )
        self.stdout.write(token)
