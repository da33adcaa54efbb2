import os

from django.core.wsgi import get_wsgi_application

from cxhub.chunked import Measured
from cxhub.garbage import leave_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxhub.settings")

application = Measured(get_wsgi_application())
leave_what_is_loaded()
