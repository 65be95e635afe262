from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "betterwork.records"
    label = "records"
