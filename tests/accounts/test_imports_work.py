"""Uploaded files on their way: kept, tried out, taken, stopped, taken up again, deleted."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import override

from accounts.imports import Unreadable, service, uploads, work
from accounts.models import AuditEntry, Import, Job, Organisation, Plan, RowFate
from accounts.models.work import SILENCE, TRIES
from accounts.resources import PLANS, TICKETS
from tests.accounts.uploading import fates, imported, planned, previewed, worked

# Previews are noted over a connection of their own, which sees what is committed.
committed = pytest.mark.django_db(transaction=True)
MAPPING = {"Code": "code", "Name": "name"}
HEAD = "Code,Name\n"


def csv_of(count, start=1):
    return (HEAD + "".join(f"p{n},Plan {n}\n" for n in range(start, start + count))).encode()


def plans(content=None, **more):
    return planned(csv_of(3) if content is None else content, PLANS, MAPPING, **more)


def look(content, tmp_path, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    with path.open("rb") as file:
        manner = uploads.proposed(file)
        return manner, uploads.look(file, manner)


# What is kept


@pytest.mark.django_db
def test_file_is_kept_under_a_name_that_says_nothing(settings):
    upload = uploads.keep(ContentFile(b"Code\n1\n"), "../../Sara's list.csv")

    upload.refresh_from_db()
    assert (upload.name, upload.size) == ("../../Sara's list.csv", 7)
    assert upload.sha256 == hashlib.sha256(b"Code\n1\n").hexdigest()
    assert upload.file.name.startswith(f"{upload.uploaded_at:%Y/%m}/{upload.sha256}")
    assert (settings.VAR / "uploads" / upload.file.name).read_bytes() == b"Code\n1\n"
    assert (settings.VAR / "uploads" / upload.file.name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("اسم\nنجم\n".encode(), "utf-8-sig"),
        ("اسم\nنجم\n".encode("utf-8-sig"), "utf-8-sig"),
        ("اسم\nنجم\n".encode("utf-16"), "utf-16"),
        ("a\nb\nنجم\n".encode("utf-16-le"), "utf-16-le"),
        ("اسم\nنجم\n".encode("windows-1256"), "windows-1256"),
    ],
)
def test_encoding_is_proposed_and_reads_the_rows(content, encoding, tmp_path):
    manner, seen = look(content, tmp_path)

    assert manner.encoding == encoding
    assert seen.rows[-1] == ["نجم"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\n\n", "empty"), (b",".join([b"a"] * 501) + b"\n", "more than 500 columns")],
)
def test_what_is_no_table_is_refused(content, said, tmp_path):
    with pytest.raises(Unreadable, match=said):
        look(content, tmp_path)


def test_too_many_lines_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_LINES", 3)

    look(csv_of(2), tmp_path)
    with pytest.raises(Unreadable, match="more than 3 lines. Divide it"):
        look(csv_of(3), tmp_path)


# Trying and taking


@committed
def test_preview_says_every_fate_and_writes_nothing(alice):
    Plan.objects.create(code="p1", name={"en": "Plan 1"})
    Plan.objects.create(code="p2", name={"en": "Old"})
    Organisation.current()
    before = AuditEntry.objects.count()

    found = plans(HEAD.encode() + b"p1,Plan 1\np2,Plan 2\np3,Plan 3\n,Nobody\n")
    job = previewed(found, PLANS, alice)

    assert fates(job) == {
        2: "unchanged",
        3: "changed",
        4: "created",
        5: [("Code", "", "This must not be empty.")],
    }
    counts = {"read": 4, "created": 1, "changed": 1, "unchanged": 1, "rejected": 1}
    assert (job.state, job.result, job.done, job.total) == ("done", counts, 5, 5)
    assert (job.kind, job.created_by) == ("import.preview", alice)
    assert (Plan.objects.count(), AuditEntry.objects.count()) == (2, before)


@committed
def test_import_is_put_down_to_whoever_had_it_done(alice):
    found = plans()

    job = imported(found, PLANS, alice)

    assert fates(job) == {2: "created", 3: "created", 4: "created"}
    assert job.state == Job.State.DONE
    assert set(AuditEntry.objects.filter(job=job).values_list("actor", flat=True)) == {alice.pk}


@committed
def test_second_preview_takes_the_place_of_the_first(alice):
    found = plans()
    first = previewed(found, PLANS, alice)

    second = previewed(found, PLANS, alice)

    assert fates(second) == {2: "created", 3: "created", 4: "created"}
    assert not RowFate.objects.filter(job=first).exists()


@pytest.mark.django_db
def test_import_begins_once(alice):
    found = plans()

    assert work.begin_import(found, by=alice)
    assert not work.begin_import(Import.objects.get(pk=found.pk), by=alice)

    assert Job.objects.count() == 1


@committed
def test_reasons_are_in_the_language_of_whoever_asked():
    found = plans(HEAD.encode() + b",x\n", language="ar")

    job = previewed(found, PLANS)

    ((_column, _value, reason),) = fates(job)[2]
    assert reason != "This must not be empty."
    assert any("\u0600" < letter < "\u06ff" for letter in reason)


@committed
@pytest.mark.parametrize("begin", [work.begin_preview, work.begin_import])
def test_file_that_cannot_be_read_fails_and_says_why(begin):
    found = plans(sheet="")
    found.choices["columns"] = [["Nothing", "code"]]
    found.save()
    begin(found, by=None)

    job = worked(found, PLANS)

    assert job.state == Job.State.FAILED
    assert "The file has no column Nothing" in job.result["error"]


@committed
def test_lost_file_fails_and_says_so():
    found = plans()
    found.upload.file.storage.delete(found.upload.file.name)
    work.begin_import(found, by=None)

    assert worked(found, PLANS).state == Job.State.FAILED


# Stopping and going on


@pytest.fixture
def batches_of_two(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 2)


@committed
def test_preview_stops_between_two_batches(batches_of_two):
    found = plans(csv_of(5))
    job = work.begin_preview(found, by=None)

    def clock():
        """Somebody presses Stop while the first batch is noted."""
        if RowFate.objects.filter(job=job).exists() is False:
            Job.objects.filter(pk=job.pk, state="running").update(stop_requested_at=timezone.now())
        return timezone.now()

    job = worked(found, PLANS, clock=clock)

    assert (job.state, job.done, Plan.objects.count()) == ("stopped", 3, 0)


@committed
def test_import_that_is_stopped_goes_on_where_it_was(batches_of_two):
    found = plans(csv_of(5))
    work.begin_import(found, by=None)
    moments = []

    def clock():
        moments.append(timezone.now())
        if Plan.objects.exists():
            work.stop(found.job, timezone.now())
        return moments[-1]

    job = worked(found, PLANS, clock=clock)
    assert (job.state, Plan.objects.count(), list(fates(job))) == ("stopped", 2, [2, 3])
    work.go_on(job)
    job = worked(found, PLANS)

    assert (job.state, job.result["created"]) == ("done", 5)
    assert fates(job) == dict.fromkeys([2, 3, 4, 5, 6], "created")


@pytest.mark.django_db
def test_what_nobody_has_begun_stops_at_once():
    found = plans()
    work.begin_import(found, by=None)

    work.stop(found.job, timezone.now())

    assert worked(found, PLANS).state == Job.State.STOPPED
    assert Plan.objects.count() == 0


@committed
def test_long_import_is_left_to_the_next_worker(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 1000)
    found = plans(csv_of(2500))
    work.begin_import(found, by=None)

    job = worked(found, PLANS, until=timezone.now() - timedelta(seconds=1))
    assert (job.state, Plan.objects.count()) == ("waiting", 1000)
    job = worked(found, PLANS)

    assert (job.state, job.result["created"], Plan.objects.count()) == ("done", 2500, 2500)
    assert len(fates(job)) == 2500


@committed
def test_long_preview_says_how_far_it_went():
    found = plans(csv_of(1200))
    work.begin_preview(found, by=None)

    job = worked(found, PLANS, until=timezone.now() - timedelta(seconds=1))

    assert (job.state, job.result["read"], job.result["only_to_line"]) == ("done", 1000, 1001)


@pytest.mark.django_db
def test_work_is_due_while_it_waits_and_when_its_worker_is_silent():
    now = timezone.now()
    found = plans()
    assert list(Import.objects.due(now)) == []

    work.begin_import(found, by=None)
    assert list(Import.objects.due(now)) == [found]

    found.job.start(now)
    assert list(Import.objects.due(now - SILENCE)) == []
    assert list(Import.objects.due(now + SILENCE)) == [found]

    found.job.finish(Job.State.STOPPED, now)
    assert list(Import.objects.due(now + SILENCE)) == []


@committed
def test_dead_worker_is_replaced_and_a_living_one_is_not():
    found = plans()
    work.begin_import(found, by=None)
    found.job.start(timezone.now())

    assert worked(found, PLANS).state == Job.State.RUNNING
    Job.objects.update(seen_alive_at=timezone.now() - 2 * SILENCE)
    assert worked(found, PLANS).state == Job.State.DONE

    assert Plan.objects.count() == 3


def killed(job):
    """A worker took it up and is gone."""
    now = timezone.now()
    assert work._claim(Job.objects.get(pk=job.pk), now)
    Job.objects.filter(pk=job.pk).update(seen_alive_at=now - 2 * SILENCE)


@committed
@pytest.mark.parametrize("begin", [work.begin_preview, work.begin_import])
def test_file_that_kills_every_worker_is_given_up(begin):
    found = plans()
    begin(found, by=None)
    job = found.job or found.preview
    for _worker in range(TRIES):
        killed(job)

    job = worked(found, PLANS)

    assert (job.state, job.is_given_up, Plan.objects.count()) == (Job.State.FAILED, True, 0)
    work.go_on(job)
    assert worked(found, PLANS).state == Job.State.DONE


@committed
def test_workers_that_get_further_may_die_as_often_as_they_like(batches_of_two):
    found = plans(csv_of(5))
    work.begin_import(found, by=None)
    for _worker in range(TRIES - 1):
        killed(found.job)

    def clock():
        """The worker is killed behind its first batch."""
        if Plan.objects.count() == 4:
            raise SystemExit
        return timezone.now()

    with pytest.raises(SystemExit):
        worked(found, PLANS, clock=clock)
    Job.objects.update(seen_alive_at=timezone.now() - 2 * SILENCE)
    killed(found.job)

    assert worked(found, PLANS).state == Job.State.DONE
    assert Plan.objects.count() == 5


# Mending


@committed
def test_rejected_rows_are_given_back_as_they_stand_in_the_file():
    found = plans(HEAD.encode() + b'p1,Plan\n,"=cmd, x"\np3,Plan,more\np4\n"p5"x,Plan\n')

    job = previewed(found, PLANS)

    assert list(work.rejected_rows(found, job)) == [
        ["What to mend", "Code", "Name"],
        ["Code: This must not be empty.", "", "=cmd, x"],
        ["Cells in the row: 3, in the header: 2.", "p3", "Plan", "more"],
        ["Cells in the row: 1, in the header: 2.", "p4"],
        ["Something stands between a closing quotation mark and the next delimiter."],
    ]


@committed
def test_rows_known_by_their_line_keep_it_in_the_file_to_mend():
    found = planned(
        b"ticket,opened_at\n1,2026-01-01\n2,soon\n",
        TICKETS,
        {"ticket": "subject", "opened_at": "opened_at"},
        id_from_line=True,
    )

    job = previewed(found, TICKETS)

    _head, row = work.rejected_rows(found, job)
    assert _head == ["What to mend", "id", "ticket", "opened_at"]
    assert row[1:] == ["3", "2", "soon"]


@committed
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_second_round_says_only_what_is_wrong_now(language):
    with override(language):
        first = plans(HEAD.encode() + b",Plan\n", translations=[])
        head, row = work.rejected_rows(first, previewed(first, PLANS))
    content = "".join(",".join(cells) + "\n" for cells in (head, row))
    second = plans(content.encode(), translations=[])

    found = list(work.rejected_rows(second, previewed(second, PLANS)))

    assert found == [["What to mend", "Code", "Name"], ["Code: This must not be empty.", "", "Plan"]]


@committed
def test_every_fault_of_a_row_is_said_in_one_cell():
    found = plans(HEAD.encode() + f"{'c' * 300},{'n' * 9}\n,\n".encode(), translations=[])
    job = previewed(found, PLANS)
    RowFate.objects.create(job=job, line=2, fate="rejected", column="Name", reason="Another fault.")

    _head, row = work.rejected_rows(found, job)

    assert row[0] == "Code: Too long: 300 characters; the limit is 80. Name: Another fault."


# Deleting


@committed
def test_files_and_fates_go_when_their_time_is_over_and_counts_stay():
    old, new, running = plans(), plans(), plans()
    for found in (old, new):
        previewed(found, PLANS)
        imported(found, PLANS)
    work.begin_import(running, by=None)
    storage, name = old.upload.file.storage, old.upload.file.name
    month_ago = timezone.now() - timedelta(days=30)
    type(old.upload).objects.exclude(pk=new.upload.pk).update(uploaded_at=month_ago)

    assert uploads.prune(month_ago + timedelta(days=1)) == 1

    old = Import.objects.with_jobs().get(pk=old.pk)
    assert (old.upload.file.name, storage.exists(name), old.choices) == ("", False, {})
    assert (old.job.result["created"], old.upload.sha256 != "") == (3, True)
    assert set(RowFate.objects.values_list("job", flat=True)) == {
        *Import.objects.filter(pk=new.pk).values_list("job", flat=True),
        *Import.objects.filter(pk=new.pk).values_list("preview", flat=True),
    }
    assert storage.exists(Import.objects.get(pk=running.pk).upload.file.name)
