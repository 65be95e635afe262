from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        from betterwork.permissions import Permission
        from factories import panels as factory_panels

        from . import merging, panels, trail
        from .models import Assessment

        merging.register()
        panels.register()
        trail.register()
        # A sealed visit is linked for nobody, not even for its own people.
        factory_panels.register_event_page(
            "assessments.assessment",
            name="assessments:detail",
            permission=Permission.SEE_ASSESSMENTS,
            rows=lambda: Assessment.objects.filter(sealed=False),
        )
