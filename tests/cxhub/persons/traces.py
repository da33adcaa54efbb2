"""Who is erased in these tests, and a look at all that is kept."""

import os
import subprocess

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.imports import uploads
from accounts.models import Job
from cxhub.embedded import Embedded
from cxhub.persons import erasing

NAME, EMAIL, PHONE = "Jumana al-Rashid", "jumana.rashid@najm.example", "+966 50 765 4321"
ARABIC = "جمانة الراشد"
# As a dump, a file or a line of a log could hold them. Folded, case and digits are told no more.
SPELLINGS = (
    "jumana al-rashid",
    "al-rashid, jumana",
    "jumana.rashid@najm",
    "507654321",
    "50 765 4321",
    "جمانه الراشد",
)


def erase(subject, by, **choices):
    """As a worker does; the job as it is then."""
    job = erasing.begin(subject, by=by, **choices)
    erasing.work_on(job)
    return Job.objects.get(pk=job.pk)


def upload(text, name="people.csv"):
    return uploads.keep(ContentFile(text if isinstance(text, bytes) else text.encode()), name)


def dumped():
    """The whole database as text."""
    given = settings.DATABASES["default"]
    embedded = Embedded(settings.VAR)
    binary = embedded._postgres_binaries() / "pg_dump" if embedded.wants_postgres else "pg_dump"
    told = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    environment = os.environ | {name: str(given[key]) for key, name in told.items() if given.get(key)}
    name = connection.settings_dict["NAME"]
    done = subprocess.run([binary, "--inserts", name], env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def now():
    return timezone.now()
