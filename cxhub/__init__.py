# Celery's shared tasks find the app only if it exists wherever Django does.
from cxhub.celery import app as celery_app

__all__ = ["celery_app"]
