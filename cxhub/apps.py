from django.apps import AppConfig


class CxhubConfig(AppConfig):
    name = "cxhub"
    verbose_name = "cxhub"

    def ready(self) -> None:
        from cxhub import checks  # noqa: F401  registers them
