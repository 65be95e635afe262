from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "betterwork.tenancy"
    label = "tenancy"
