from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate


class CxhubConfig(AppConfig):
    name = "cxhub"
    verbose_name = "cxhub"

    def ready(self) -> None:
        from cxhub import checks, roles  # noqa: F401  importing registers the checks

        # Django's own hook for what must be in the database: permissions come into being the same way, app by
        # app, so the last app's turn is when all of them are there.
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(roles.sync_after_migrate, sender=last, dispatch_uid="cxhub.roles")


class AdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "cxhub.admin_site.Site"
