"""Two rows that are one customer, or one person, become one with all facts.

A merge is a Job: under its number the audit knows all that it changed, so that `unmerging` needs no other record.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from accounts.attributes import is_declared, key_of
from accounts.audit import acting
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AuditEntry,
    Consent,
    Contact,
    Identity,
    Job,
    Ticket,
    User,
)
from accounts.models.rules import IN_A_CIRCLE, MERGED_ALREADY, OF_ONE_ACCOUNT, PERSON_MERGED_ALREADY

ACCOUNTS, CONTACTS, UNDO = "merge.accounts", "merge.contacts", "merge.undo"
MERGED: dict[str, type[Account | Contact]] = {ACCOUNTS: Account, CONTACTS: Contact}

# What is not dated of an account, and what a contact has: of each the survivor keeps its own or takes the loser's.
ACCOUNT_FIELDS = (
    "name",
    "industry",
    "country",
    "website",
    "acquired_channel",
    "acquired_campaign",
    "internal",
    "tags",
)
CONTACT_FIELDS = (
    "name",
    "email",
    "phone",
    "role",
    "language",
    "time_zone",
    "joined",
    "left",
    "preferred_channel",
    "preferred_hour",
    "tags",
)


@dataclass(frozen=True)
class Merged:
    """Who was merged into somebody, and the merge; None where a row came in as merged already."""

    loser: Account | Contact
    job: Job | None


def merge_accounts(
    loser: Account,
    survivor: Account,
    *,
    by: User | None,
    now: datetime | None = None,
    taking: Collection[str] = (),
) -> Job:
    """The loser's facts count for the survivor from now on; they stay where they are, so that it can be undone.

    `taking` names the fields of which the survivor takes the loser's value; of a dated one (`segment`,
    `attribute.seats`) that is the whole history. Raises ValidationError where one of them is merged already, or where
    the survivor would stand above itself.
    """
    with parents_settled():
        of, last = _locked(Account, loser, survivor)
        job = _job(ACCOUNTS, of, last, by, now, taking)
        with acting(user=by, job=job):
            _point(Account, of.pk, last)
            AccountKey.objects.filter(account=of.pk).update(account=last)
            _hand_children_on(of.pk, last)
            if taking:
                _take_histories(of, last, [name for name in taking if is_dated(name)])
                _take_values(of, last, taking)
    loser.refresh_from_db(fields=["merged_into"])
    return job


def merge_contacts(
    loser: Contact,
    survivor: Contact,
    *,
    by: User | None,
    now: datetime | None = None,
    taking: Collection[str] = (),
) -> Job:
    """Two contacts of one account. The loser's tickets, ids and consents are the survivor's; its row stays, for its
    source knows it.
    """
    with transaction.atomic():
        of, last = _locked(Contact, loser, survivor)
        if len({account.merged_into_id or account.pk for account in (loser.account, survivor.account)}) > 1:
            raise ValidationError(OF_ONE_ACCOUNT)
        job = _job(CONTACTS, of, last, by, now, taking)
        with acting(user=by, job=job):
            _point(Contact, of.pk, last)
            Ticket.objects.filter(requester=of.pk).update(requester=last)
            _hand_ids_on(of.pk, last)
            _hand_consents_on(of.pk, last)
            if taking:
                Contact.objects.filter(pk=last).update(**{name: getattr(of, name) for name in taking})
    loser.refresh_from_db(fields=["merged_into"])
    return job


@contextmanager
def parents_settled() -> Iterator[None]:
    """One transaction, at whose end nobody stands above themselves; on the way they may."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS account_parents_in_no_circle DEFERRED")
            yield
            cursor.execute("SET CONSTRAINTS account_parents_in_no_circle IMMEDIATE")
    except IntegrityError as error:
        if (
            getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
            != "account_parents_in_no_circle"
        ):
            raise
        raise ValidationError(IN_A_CIRCLE) from error


def is_dated(name: str) -> bool:
    return name in Account.DATED or is_declared(name)


def merged_into(survivor: Account | Contact) -> list[Merged]:
    """In the order in which they were merged. Two queries."""
    losers: dict[int, Any] = {row.pk: row for row in survivor.merged.order_by("pk")}
    jobs = _merges_of(type(survivor), losers)
    told = [Merged(loser, jobs.get(pk)) for pk, loser in losers.items()]
    return sorted(told, key=lambda one: one.job.pk if one.job else 0)


def _merges_of(model: type[Account | Contact], losers: Iterable[int]) -> dict[int, Job]:
    """By loser the last merge that was its own; who was merged into it before came along in it."""
    entries = (
        AuditEntry.objects.filter(table=model._meta.db_table, row__in=list(losers), job__kind__in=MERGED)
        .select_related("job__created_by")
        .order_by("id")
    )
    return {
        entry.row: entry.job for entry in entries if entry.job and entry.job.parameters["loser"] == entry.row
    }


def _locked(model: Any, loser: Any, survivor: Any) -> tuple[Any, int]:
    """The loser as it is, and the id of whoever the survivor is in the end."""
    rows = model.objects.select_for_update().filter(pk__in=[loser.pk, survivor.pk]).order_by("pk")
    locked = {row.pk: row for row in rows}
    last = locked[survivor.pk].merged_into_id or survivor.pk
    if last == loser.pk or locked[loser.pk].merged_into_id:
        raise ValidationError(MERGED_ALREADY if model is Account else PERSON_MERGED_ALREADY)
    return locked[loser.pk], last


def _job(
    kind: str, loser: Any, survivor: int, by: User | None, now: datetime | None, taking: Collection[str]
) -> Job:
    if unknown := [name for name in taking if not _may_be_taken(kind, name)]:
        raise ValueError(f"These cannot be taken: {', '.join(sorted(unknown))}.")
    at = now or timezone.now()
    return Job.objects.create(
        kind=kind,
        state=Job.State.DONE,
        parameters={"loser": loser.pk, "survivor": survivor, "taking": sorted(taking)},
        created_by=by,
        started_at=at,
        finished_at=at,
    )


def _may_be_taken(kind: str, name: str) -> bool:
    return name in CONTACT_FIELDS if kind == CONTACTS else name in ACCOUNT_FIELDS or is_dated(name)


def _point(model: Any, loser: int, survivor: int) -> None:
    """Earlier losers first: a merge into one that is itself merged is refused by the database."""
    model.objects.filter(merged_into=loser).update(merged_into=survivor)
    model.objects.filter(pk=loser).update(merged_into=survivor)


def _hand_ids_on(loser: int, survivor: int) -> None:
    """An id that both have is the survivor's once."""
    both = Identity.objects.filter(
        contact=survivor, source=OuterRef("source"), kind=OuterRef("kind"), value=OuterRef("value")
    )
    Identity.objects.filter(Exists(both), contact=loser).delete()
    Identity.objects.filter(contact=loser).update(contact=survivor)


def _hand_consents_on(loser: int, survivor: int) -> None:
    """Of what both agreed to at the same moment the withdrawal counts, whoever withdrew it."""
    same = {name: OuterRef(name) for name in ("channel", "purpose", "given_at")}
    withdrawn = Consent.objects.filter(contact=loser, withdrawn_at__isnull=False, **same)
    Consent.objects.filter(Exists(withdrawn), contact=survivor, withdrawn_at=None).update(
        withdrawn_at=Subquery(withdrawn.values("withdrawn_at")[:1])
    )
    Consent.objects.filter(Exists(Consent.objects.filter(contact=survivor, **same)), contact=loser).delete()
    Consent.objects.filter(contact=loser).update(contact=survivor)


def _hand_children_on(loser: int, survivor: int) -> None:
    """Whose parent was the loser; the survivor itself has none then."""
    named = AccountChange.objects.filter(field="parent", value=str(loser))
    named.exclude(account=survivor).update(value=str(survivor))
    named.filter(account=survivor).update(value="")
    children = Account.objects.filter(parent=loser)
    children.exclude(pk=survivor).update(parent=survivor)
    children.filter(pk=survivor).update(parent=None)


def _take_histories(loser: Account, survivor: int, names: list[str]) -> None:
    AccountChange.objects.filter(account=survivor, field__in=names).delete()
    AccountChange.objects.bulk_create(
        AccountChange(
            account_id=survivor,
            field=change.field,
            value="" if _is_itself(change.field, change.value, survivor) else change.value,
            from_day=change.from_day,
            by_id=change.by_id,
            recorded_at=change.recorded_at,
        )
        for change in loser.changes.filter(field__in=names).order_by("pk")
    )


def _take_values(loser: Account, survivor: int, names: Collection[str]) -> None:
    """What the loser has now: of what is dated, too, since an attribute may never have been."""
    values = {name: getattr(loser, name) for name in names if not is_declared(name)}
    if values.get("parent") and values["parent"].pk == survivor:
        values["parent"] = None
    declared = {key_of(name) for name in names if is_declared(name)}
    if declared:
        own = Account.objects.values_list("attributes", flat=True).get(pk=survivor)
        values["attributes"] = {key: held for key, held in own.items() if key not in declared} | {
            key: held for key, held in loser.attributes.items() if key in declared
        }
    Account.objects.filter(pk=survivor).update(**values)


def _is_itself(field: str, value: str, account: int) -> bool:
    return field == "parent" and value == str(account)
