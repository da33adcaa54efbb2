"""The installation as it is, on a benchmark's database."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from cxhub.chunked import Measured
from cxhub.garbage import leave_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxhub.settings")

settings.DATABASES["default"]["NAME"] = os.environ["CXHUB_BENCH_DATABASE"]
settings.CACHES["default"]["KEY_PREFIX"] = os.environ["CXHUB_BENCH_DATABASE"]
settings.ROOT_URLCONF = "cxhub.bench.urls"
application = Measured(get_wsgi_application())
leave_what_is_loaded()
