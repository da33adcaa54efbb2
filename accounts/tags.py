"""Tags are renamed, merged and removed everywhere at once; a new one is made by whoever writes it first."""

from django.db.models import Func, Value

from accounts.audit import acting
from accounts.models import Account, Contact, Tag, User
from accounts.texts import search_key

HOLDERS = (Account, Contact)


def rename_tag(tag: Tag, name: str, *, by: User | None) -> int:
    """Everywhere; where there is a tag of the new name, in any spelling, into that one.

    Says how many accounts and contacts that changed.
    """
    with acting(user=by):
        known = Tag.objects.filter(name_key=search_key(name)).exclude(pk=tag.pk).first()
        if known is None:
            Tag.objects.filter(pk=tag.pk).update(name=name)
        changed = _replace("array_replace", tag.name, known.name if known else name)
        if known:
            Tag.objects.filter(pk=tag.pk).delete()
    return changed


def remove_tag(tag: Tag, *, by: User | None) -> int:
    """From every account and contact, and itself."""
    with acting(user=by):
        changed = _replace("array_remove", tag.name)
        Tag.objects.filter(pk=tag.pk).delete()
    return changed


def _replace(function: str, *names: str) -> int:
    values = [Value(name) for name in names]
    return sum(
        holder._default_manager.filter(tags__contains=[names[0]]).update(
            tags=Func("tags", *values, function=function)
        )
        for holder in HOLDERS
    )
