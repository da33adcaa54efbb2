"""Whose accounts a home page is about: one's own, a team's, or everybody's."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, Organisation, User
from cxhub.roles import SEE_ALL
from metrics import stored
from metrics.framing import month_ends
from metrics.stored import Figure

FIGURES = (
    "mrr",
    "customers",
    "net_revenue_retention",
    "customer_churn_rate",
    "tickets",
    "time_to_first_response_mean",
)
MONTHS = 12


@dataclass(frozen=True)
class Book:
    """`dimension` and `member` name the fixed population whose values are stored; both empty: everybody."""

    key: str
    label: str
    dimension: str = ""
    member: str = ""

    @property
    def is_everybody(self) -> bool:
        return not self.dimension

    def accounts(self) -> QuerySet[Account]:
        counted = Account.objects.counted()
        return counted if self.is_everybody else counted.filter(**{self.dimension: self.member})

    def figures(
        self, organisation: Organisation, today: date, is_filled: bool
    ) -> tuple[date | None, list[Figure]]:
        """Everybody's are stored; those of a part are added up from its accounts, which are few, and so are of now."""
        days = month_ends(today, MONTHS)[:-1]
        newest, kept = stored.of_population(FIGURES, days, organisation.currency, self.dimension, self.member)
        if self.is_everybody:
            return newest, kept
        now = stored.of_accounts(FIGURES, self.accounts(), organisation.currency, is_filled)
        return today, [
            stored.with_trend(figure, past.trend[:-1]) for figure, past in zip(now, kept, strict=True)
        ]


def books_of(user: User) -> list[Book]:
    """In the order of the switch; the first one that has any accounts is where a reader begins."""
    own = Book("mine", _("My accounts"), "owner", str(user.pk))
    teams = [Book(f"team-{team.pk}", team.name, "team", str(team.pk)) for team in user.teams.all()]
    return [own, *teams, *([Book("all", _("All accounts"))] if user.has_perm(SEE_ALL) else [])]


def first_of(books: list[Book]) -> Book:
    return next((book for book in books if book.accounts().exists()), books[-1])
