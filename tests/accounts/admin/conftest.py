import pytest


@pytest.fixture
def page(sign_in, administrator):
    return sign_in(administrator)


@pytest.fixture
def as_role(sign_in):
    """Signs somebody in with a role and with the right to enter the admin."""

    from django.contrib.auth.models import Group

    def enter(user, role):
        user.is_staff = True
        user.save()
        user.groups.set([Group.objects.get(name=role)])
        return sign_in(user)

    return enter
