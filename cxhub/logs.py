"""What the log says of requests that are refused: one line, and never what variables held."""

import logging


def without_refusals(record: logging.LogRecord) -> bool:
    """A filter. An answer below 500 is nothing that broke: no traceback; and django_structlog has a line for it
    already, with the id of the request and of the user."""
    if getattr(record, "status_code", 500) >= 500:
        return True
    record.exc_info = record.exc_text = None
    return record.name != "django.request"
