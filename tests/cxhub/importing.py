"""How people upload a file, say what its columns mean, try it out and have it taken, page by page."""

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Import, User
from cxhub.tasks import work_on_import

CONTRACTS = (
    "Customer no.,Company name,Contract no.,Monthly price,Currency,Start date\n"
    "C1,Najm,K1,100,SAR,31/01/2025\n"
    "C2,شركة النخيل,K2,200,SAR,01/02/2025\n"
)


def user_with(*roles, email="omar@example.com"):
    user = User.objects.create_user(email, "correct horse battery", name=email.partition("@")[0])
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def browser_of(user):
    desk = Client()
    desk.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return desk


def uploaded(desk, content, resource="accounts", source="crm", name="file.csv"):
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return desk.post("/imports/new/", {"file": file, "resource": resource, "source": source})


def answers(desk, planned, **other):
    """The mapping form as it is offered, and what a person changes in it."""
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    offered = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (offered | other).items() if value not in (None, False, "")}


def field_of(desk, planned, column):
    """The name of the select beside a column of the file."""
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    return next(place for place, name in form.places.items() if name == column)


def mapped(desk, planned, **other):
    return desk.post(f"/imports/{planned.pk}/columns/", answers(desk, planned, **other))


def tried(desk, content, resource="accounts", **more):
    """Uploaded, mapped as guessed, and tried out."""
    assert uploaded(desk, content, resource, **more).status_code == 302
    planned = Import.objects.latest("pk")
    assert mapped(desk, planned).status_code == 302
    work_on_import(planned=planned.pk)
    return planned


def act(desk, planned, action, **more):
    response = desk.post(f"/imports/{planned.pk}/", {"action": action, **more})
    work_on_import(planned=planned.pk)
    return response


def page_of(desk, planned, query=""):
    return desk.get(f"/imports/{planned.pk}/{query}")
