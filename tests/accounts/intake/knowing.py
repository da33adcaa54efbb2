"""Who is there when senders say something, and what is known of them then."""

from accounts.models import Account, AccountKey, Contact, Identity

SARA = {"email": "Sara@Najm.sa", "name": "سارة أحمد"}


def known(name="Najm", value="najm", **fields):
    """An account that the source of companies knows."""
    account = Account.objects.create(name=name, **fields)
    AccountKey.objects.create(account=account, source="crm", value=value)
    return account


def contact_of(account, **fields):
    return Contact.objects.create(account=account, **fields)


def ids(contact, **of):
    return set(Identity.objects.filter(contact=contact, **of).values_list("kind", "value", "verified"))


def only(**fields):
    """The values of the only contact."""
    return {name: getattr(Contact.objects.get(), name) for name in fields}
