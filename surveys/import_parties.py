"""Whom rows of a file speak of: accounts by id or name, people by id, address or name. What two have names neither."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.imports.columns import Refused
from accounts.models import Account, AccountKey, Contact, User
from accounts.texts import search_key

Named = Mapping[str, set[int]]


@dataclass(frozen=True)
class Parties:
    """Of some rows, in as many statements however many there are; those that `by` may see.

    `homes`: the accounts of people. Whoever was merged is the survivor.
    """

    by_key: Named
    accounts: Named
    people: Named
    names: Named
    homes: Mapping[int, int]

    @classmethod
    def of(cls, accounts: Collection[str], people: Collection[str], source: str, by: User) -> "Parties":
        seen = Account.objects.visible_to(by)
        survives = Q(account__merged_into=None) | Q(account__merged_into__in=seen)
        keys = AccountKey.objects.filter(survives, value__in=accounts, account__in=seen)
        rows = list(keys.values_list("value", "source", "account_id", "account__merged_into_id"))
        titled = seen.filter(merged_into=None, name_key__in=[search_key(one) for one in accounts])
        ids = [(value, merged or account) for value, _source, account, merged in rows]
        own = [(value, merged or account) for value, known, account, merged in rows if known == source]
        homes, by_word, by_name = _people(people, source, seen)
        return cls(
            by_key=_grouped(own),
            accounts=_grouped(
                [*((search_key(value), pk) for value, pk in ids), *titled.values_list("name_key", "pk")]
            ),
            people=by_word,
            names=by_name,
            homes=homes,
        )

    def account(self, cell: str) -> int:
        """The id at the source of the file before all else."""
        found = self.by_key.get(cell) or self.accounts.get(search_key(cell), set())
        if len(found) != 1:
            raise Refused(_("No account that you see has this id or name, or more than one has."))
        return next(iter(found))

    def person(self, cell: str, account: int | None) -> int:
        """By name at an account alone."""
        words = self.people.get(cell.lower(), set())
        found = words if account is None else {pk for pk in words if self.homes[pk] == account}
        if not words and account is not None:
            found = {pk for pk in self.names.get(search_key(cell), set()) if self.homes[pk] == account}
        if len(found) != 1:
            raise Refused(
                _("No person at this account has this id, e-mail address or name, or more than one has.")
                if account
                else _("No person whom you see has this id or e-mail address, or more than one has.")
            )
        return next(iter(found))


def _people(
    people: Collection[str], source: str, seen: Iterable[Account]
) -> tuple[dict[int, int], Named, Named]:
    lower = {one.lower() for one in people}
    is_meant = (
        Q(source=source, external_id__in=people)
        | Q(email__in={*people, *lower})
        | Q(name_key__in=[search_key(one) for one in people])
    )
    homes: dict[int, int] = {}
    words, names = [], []
    survives = Q(merged_into=None) | Q(merged_into__account__in=seen)
    found = Contact.objects.filter(is_meant, survives, account__in=seen, erased_at=None)
    for one in found.select_related("merged_into"):
        known = one.merged_into or one
        homes[known.pk] = known.account_id
        words.append((one.email.lower(), known.pk))
        if one.source == source and one.external_id:
            words.append((one.external_id.lower(), known.pk))
        names.append((one.name_key, known.pk))
    return homes, _grouped(words), _grouped(names)


def _grouped(pairs: Iterable[tuple[str, int]]) -> Named:
    found = defaultdict(set)
    for word, pk in pairs:
        found[word].add(pk)
    return found
