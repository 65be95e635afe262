from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "betterwork.accounts"
    label = "accounts"
