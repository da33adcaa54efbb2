"""Erasing a person: names and addresses emptied wherever a model declares that they may stand, counted rows kept.

One transaction, as a job. Files are read before it and deleted after it; the job's row holds their names in between,
so that whoever is killed leaves nothing behind.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import acting
from accounts.models import (
    Account,
    ApiToken,
    AuditEntry,
    Contact,
    ErasedAddress,
    Import,
    IntakeBatch,
    Job,
    Person,
    RowFate,
    Suppression,
    Upload,
    User,
)
from accounts.models.people import NOBODY
from cxhub.persons import answers, correspondence, doings, person, rewriting
from cxhub.persons.files import speaks_of
from cxhub.persons.person import Known
from cxhub.persons.places import KEPT_BY_NOBODY, OF_USERS, Place, of_things, places

KIND = "person.erase"
# So many files that cannot be read are named in the report.
NAMED_FILES = 50
# What an account of one's own name is called afterwards.
NAMELESS = "#{number}"


class NotErasable(ValueError):
    """The person cannot be erased. The message says why."""


class InUse(Exception):
    """A file that speaks of the person is being imported, or something is on its way to them or about them: later."""


@dataclass(frozen=True)
class Foreseen:
    """What an erasure would do: the rows that are the person, and what one must look at first."""

    people: list[Person | User]
    deleted: int
    alike: list[Person]
    businesses: list[Account]
    files: int


@dataclass
class Done:
    """Where how much was emptied, without repeating it."""

    emptied: Counter[str] = field(default_factory=Counter)
    files: list[tuple[str, str, str]] = field(default_factory=list)

    def count(self, label: str, rows: int | dict[str, int]) -> None:
        for name, changed in (rows if isinstance(rows, dict) else {"": rows}).items():
            if changed:
                self.emptied[f"{label}.{name}".rstrip(".")] += changed


# Who and what


def key_of(subject: Contact | User) -> str:
    return f"erase-{subject._meta.model_name}-{subject.pk}"


def known_of(subject: Contact | User) -> Known:
    return person.of_contact(subject) if isinstance(subject, Contact) else person.of_user(subject)


def why_not(subject: Contact | User, by: User | None) -> str:
    """Nothing where the person can be erased."""
    if isinstance(subject, Contact):
        return _("This person was erased already.") if subject.erased_at else ""
    if subject.email.endswith("@erased.invalid"):
        return _("This person was erased already.")
    if by and subject.pk == by.pk:
        return _("Nobody erases themselves. Ask another administrator.")
    if subject.is_active:
        return _("This user still works here. Deactivate them first.")
    return ""


def foresee(subject: Contact | User) -> Foreseen:
    """Writes nothing. Into what may be long (facts, their history, files) only the erasure itself looks."""
    known = known_of(subject)
    is_contact = isinstance(subject, Contact)
    return Foreseen(
        people=[one for model, ids in known.rows.items() for one in _shown(model, ids)],
        deleted=sum(len(ids) for ids in known.gone.values()),
        alike=person.alike(known, rewriting.NAMED) if is_contact else [],
        businesses=person.businesses(known) if is_contact else [],
        files=sum(_with_files(place, name).count() for place in of_things() for name in place.files),
    )


def _shown(model: type[models.Model], ids: list[int]) -> list[Any]:
    rows = model._default_manager.filter(pk__in=ids).order_by("pk")
    return list(rows.select_related("account") if model in person.PEOPLE else rows)


def begin(subject: Contact | User, *, by: User | None, with_businesses: bool = False) -> Job:
    """The waiting job. Raises NotErasable. A second click finds the job of the first."""
    if reason := why_not(subject, by):
        raise NotErasable(reason)
    what = {"model": subject._meta.label, "row": subject.pk, "with_businesses": with_businesses}
    job, _made = Job.objects.get_or_create(
        key=key_of(subject), defaults={"kind": KIND, "created_by": by, "parameters": what}
    )
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).wait_again()
    job.refresh_from_db()
    return job


# Working


def due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND).due(now)


def work_on(job: Job, clock: Callable[[], datetime] = timezone.now) -> None:
    """To its end; or it waits, where a file that speaks of the person is being imported."""
    if not job.start(clock()):
        return
    state = Job.State.FAILED
    try:
        job.refresh_from_db()
        if "files" not in job.position:
            _erase(job, clock)
        _delete_files(job)
        state = Job.State.DONE
    except InUse:
        state = Job.State.WAITING
    finally:
        job.refresh_from_db()
        job.finish(state, clock(), **job.result)


def _erase(job: Job, clock: Callable[[], datetime]) -> None:
    subject: Any = apps.get_model(job.parameters["model"])._default_manager.get(pk=job.parameters["row"])
    files, unread = _files_of(known_of(subject), job, clock)
    with acting(user=job.created_by, job=job):
        done = Done()
        instead = doings.stand_ins()
        correspondence.lock()
        done.count(IntakeBatch._meta.label, doings.lock(known_of(subject), instead))
        person.lock()
        known = known_of(subject)
        if correspondence.is_on_its_way(known):
            raise InUse
        for label, rows in correspondence.empty(known).items():
            done.count(label, rows)
        for label, rows in doings.empty(known, instead).items():
            done.count(label, rows)
        for label, rows in answers.empty(known, clock()).items():
            done.count(label, rows)
        more = _empty_rows(job, known, done, clock()) | answers.in_history(known)
        _empty_mentions(known, done)
        _take_files(files, known, done)
        done.count(AuditEntry._meta.label, rewriting.empty_history(job, known, more))
        result = _told(known, done, unread)
        Job.objects.filter(pk=job.pk).update(position={"files": done.files}, result=result)


def _told(known: Known, done: Done, unread: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "rows": {model._meta.label: len(ids) for model, ids in known.rows.items() if ids},
        "gone": sum(len(ids) for ids in known.gone.values()),
        "emptied": dict(sorted(done.emptied.items())),
        "files": dict(Counter(label for label, _field, _name in done.files)),
        "unread": unread[:NAMED_FILES],
        "unread_files": len(unread),
        "still_told": rewriting.still_told(known),
    }


# The person's own rows


def _empty_rows(job: Job, known: Known, done: Done, now: datetime) -> dict[str, Any]:
    nobody = NOBODY.format(number=job.pk)
    for model, ids in known.rows.items():
        if model is User:
            done.count(model._meta.label, _empty_users(ids, nobody))
        else:
            done.count(model._meta.label, _empty_people(model, ids, known, nobody, now))
    if not known.rows.get(Contact):
        return {}
    addresses = [ErasedAddress(digest=digest) for digest in known.digests]
    ErasedAddress.objects.bulk_create(addresses, ignore_conflicts=True)
    return _empty_businesses(known, done) if job.parameters["with_businesses"] else {}


def _empty_people(model: Any, ids: list[int], known: Known, nobody: str, now: datetime) -> int:
    """All personal fields; also an id of the source, where that is the address."""
    texts = next(place for place in places() if place.model is model).texts
    emptied = dict.fromkeys(texts, "") | {"email": nobody, "erased_at": now}
    rows = model._default_manager.filter(pk__in=ids)
    for row in rows.exclude(external_id=None):
        if known.words.are_in(row.external_id):
            rows.filter(pk=row.pk).update(external_id=None)
    return int(rows.update(**emptied))


def _empty_users(ids: list[int], nobody: str) -> int:
    """Whoever has left signs in no more; what they did stays theirs, by number."""
    users = User.objects.filter(pk__in=ids)
    for label in OF_USERS:
        apps.get_model(label)._default_manager.filter(user__in=ids).delete()
    ApiToken.objects.filter(user__in=ids).delete()
    for user in users:
        user.groups.clear()
        user.user_permissions.clear()
    return users.update(
        name="",
        email=nobody,
        password=make_password(None),
        is_active=False,
        is_staff=False,
        is_superuser=False,
    )


def _empty_businesses(known: Known, done: Done) -> dict[str, Any]:
    """Named after the person: a number in the place of the name."""
    owned = person.businesses(known)
    for account in owned:
        Account.objects.filter(pk=account.pk).update(name=NAMELESS.format(number=account.pk), website="")
    done.count(Account._meta.label, len(owned))
    return {Account._meta.db_table: (("name", "website"), [account.pk for account in owned])}


# What speaks of the person


def _empty_mentions(known: Known, done: Done) -> None:
    for place in of_things():
        if place.model is AuditEntry or place.model in (*doings.MODELS, Suppression):
            continue
        if place.label in KEPT_BY_NOBODY:
            done.count(place.label, rewriting.delete(place, known))
        else:
            done.count(place.label, rewriting.empty_texts(place, known))
            done.count(place.label, rewriting.empty_structures(place, known))
    done.count("admin.LogEntry", rewriting.empty_admin_log(known))
    done.count("sessions.Session", rewriting.delete_sessions(known))


# Files


def _with_files(place: Place, name: str) -> QuerySet[Any]:
    return place.model._default_manager.exclude(**{name: ""}).order_by("pk")


def _files_of(
    known: Known, job: Job, clock: Callable[[], datetime]
) -> tuple[list[tuple[Place, str, int]], list[tuple[str, int]]]:
    """Those that speak of the person or hang on one of their rows, and those that cannot be read: by their rows."""
    found, unread = [], []
    for place in of_things():
        for name in place.files:
            for row in _with_files(place, name).iterator():
                Job.objects.filter(pk=job.pk).update(seen_alive_at=clock())
                if (
                    _is_about(place, row, known)
                    or (answer := speaks_of(getattr(row, name), known.words)) == "yes"
                ):
                    found.append((place, name, row.pk))
                elif answer == "unread":
                    unread.append((place.label, row.pk))
    return found, unread


def _is_about(place: Place, row: Any, known: Known) -> bool:
    return any(getattr(row, column) in known.rows.get(Contact, ()) for column in place.columns_to_contacts)


def _take_files(files: list[tuple[Place, str, int]], known: Known, done: Done) -> None:
    """Their rows stay and say that there was a file; its name goes with it."""
    for place, name, pk in files:
        row: Any = place.model._default_manager.filter(pk=pk).first()
        if row is None or not getattr(row, name):
            continue
        if isinstance(row, Upload):
            _forget_import(row)
        done.files.append((place.label, name, str(getattr(row, name).name)))
        place.model._default_manager.filter(pk=pk).update(**{name: ""})


def _forget_import(upload: Upload) -> None:
    """What stands in the file stands in the fates of its rows, and in what was chosen for it."""
    imports = Import.objects.filter(upload=upload)
    jobs = [pk for pair in imports.values_list("preview", "job") for pk in pair if pk]
    if Job.objects.unfinished().filter(pk__in=jobs).exists():
        raise InUse
    RowFate.objects.filter(job__in=jobs).delete()
    imports.update(choices={})


def _delete_files(job: Job) -> None:
    """What is gone already is no matter: somebody was killed in between."""
    job.refresh_from_db()
    for label, name, kept in job.position["files"]:
        field: Any = apps.get_model(label)._meta.get_field(name)
        field.storage.delete(kept)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(position={"files": []})
