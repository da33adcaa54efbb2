"""The command that takes an import back."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.imports import service, undo
from accounts.models import Account, Job, Plan
from accounts.resources import PLANS
from tests.accounts.importing import Imported

pytestmark = pytest.mark.django_db


def command(*arguments):
    out = StringIO()
    call_command("undo_import", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def job(monkeypatch):
    made = Job.objects.create(kind=service.KIND)
    Imported(PLANS, [{"code": "basic"}, {"code": "pro"}], job=made)
    made.finish(Job.State.DONE, made.created_at)
    return made


def test_an_import_is_undone_and_counted(job):
    Plan.objects.filter(code="pro").update(code="plus")
    pro = Plan.objects.get(code="plus")

    said = command(str(job.pk))

    assert said == (
        f"plan {pro.pk}: It was changed afterwards.\nDeleted: 1, restored: 0, left: 1, deleted before: 0.\n"
    )
    assert Plan.objects.get() == pro


def test_dry_run_says_what_would_be_done(job):
    said = command(str(job.pk), "--dry-run")

    assert said == "plan: 2 to delete, 0 to restore.\nNothing was written.\n"
    assert Plan.objects.count() == 2
    assert not Job.objects.filter(kind=undo.KIND).exists()


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_a_job_that_there_is_not(db, arguments):
    with pytest.raises(CommandError, match="There is no run 77") as refusal:
        command("77", *arguments)

    assert refusal.value.returncode == 2


def test_an_import_that_was_undone(job):
    command(str(job.pk))

    with pytest.raises(CommandError, match="was undone before") as refusal:
        command(str(job.pk))

    assert refusal.value.returncode == 2


def test_ctrl_c_says_how_it_goes_on(job, monkeypatch):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(undo, "_note", interrupt)
    with pytest.raises(CommandError, match=f"goes on: undo_import {job.pk}") as refusal:
        command(str(job.pk))
    monkeypatch.undo()

    assert refusal.value.returncode == 130
    assert Job.objects.get(kind=undo.KIND).state == Job.State.STOPPED
    assert "Deleted: 2" in command(str(job.pk))
    assert not Account.objects.exists()
