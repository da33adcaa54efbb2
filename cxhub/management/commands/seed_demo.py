import argparse
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import duplicates
from accounts.models import Account, Event
from cxhub.demo.asked import ask_customers
from cxhub.demo.book import ZONE
from cxhub.demo.composition import make_book
from cxhub.demo.load import load, take_in
from cxhub.demo.saved import draft_mailing, make_populations

# Any other tells the same story of other people.
SEED = 7


class Command(BaseCommand):
    help = "Fill an empty database with a believable company: 200 accounts, 24 months, two languages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", type=day, help="the last day that has facts, as 2026-03-31 (today)")
        parser.add_argument("--seed", type=int, default=SEED, help="another number makes another company")
        parser.add_argument("--force", action="store_true", help="in production too")

    def handle(
        self, *args: Any, today: date | None, seed: int, force: bool, verbosity: int, **options: Any
    ) -> None:
        if settings.PRODUCTION and not force:
            raise CommandError(
                "This is a production installation and the demo's password is public. --force does it anyway."
            )
        if Account.objects.exists():
            raise CommandError("There are accounts already. The demo company needs an empty database.")
        book = make_book(seed, today or timezone.now().astimezone(ZONE).date())
        made = (
            load(book)
            | ask_customers(seed, book.today)
            | {str(Event._meta.verbose_name_plural): take_in(book)}
        )
        make_populations()
        draft_mailing()
        duplicates.search(timezone.now())
        if verbosity:
            self.stdout.write("\n".join(f"{count:>7,} {name}" for name, count in made.items()))


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day. Write it as 2026-03-31.") from None
