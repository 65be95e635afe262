from django.apps import AppConfig


class FactoriesConfig(AppConfig):
    name = "factories"

    def ready(self) -> None:
        from betterwork.permissions import Permission

        from . import panels, trail
        from .models import Committee

        trail.register()
        panels.register_event_page(
            "factories.committee",
            name="factories:committee",
            permission=Permission.SEE_COMMITTEES,
            rows=Committee.objects.all,
        )
