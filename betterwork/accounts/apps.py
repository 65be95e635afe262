from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "betterwork.accounts"
    label = "accounts"

    def ready(self) -> None:
        # The one signal we listen to, and it is not our own: see the receiver.
        from allauth.account.signals import login_code_rejected

        from .adapter import record_rejected_code

        login_code_rejected.connect(record_rejected_code, dispatch_uid="trail_of_rejected_codes")
