from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = _("Surveys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.messages.mailings import WHEN_QUEUED
        from accounts.notices import kinds
        from accounts.panels import PANELS
        from surveys.notices import KINDS
        from surveys.reading import RESPONSES
        from surveys.sending import spread_mailing

        kinds.KINDS.update(KINDS)
        PANELS["responses"] = RESPONSES
        WHEN_QUEUED.append(spread_mailing)
