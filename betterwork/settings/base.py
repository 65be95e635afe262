"""Settings every environment shares.

The environment is read once, here and in the module that extends this.
"""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from betterwork import stores

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("BETTERWORK_VAR", str(BASE_DIR / "var")))
ASSETS_DIR = VAR_DIR / "assets"
NODE_MODULES = Path(env.text("NODE_MODULES", str(BASE_DIR / "node_modules")))

INSTALLED_APPS = [
    "betterwork.tenancy",
    "betterwork.accounts",
    "betterwork.records",
    "betterwork.ui",
    "factories",
    "assessments",
    "advisory",
    "reporting",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "betterwork.accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "betterwork.tenancy.middleware.ScopeMiddleware",
    "betterwork.accounts.middleware.SecondFactorMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "betterwork.views.OnlyFormsMiddleware",
    "betterwork.views.BodyLimitMiddleware",
]

ROOT_URLCONF = "betterwork.urls"
WSGI_APPLICATION = "betterwork.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "betterwork.ui.context.interface",
            ],
            "builtins": ["django.templatetags.i18n", "betterwork.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Two roles: the application owns nothing and is held by row-level security; the owner migrates.
_stores = stores.resolve()
DATABASES = {
    "default": {
        **env.database(_stores.database_url),
        "ATOMIC_REQUESTS": False,  # the programme scope is the transaction, see tenancy/scope.py
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "owner"},
    },
}
# Only what migrates is given the owner's password; web and worker of a server do without.
if _stores.owner_url:
    DATABASES["owner"] = {**env.database(_stores.owner_url), "CONN_MAX_AGE": 0}
DATABASE_ROUTERS: list[str] = []
APPLICATION_ROLE = str(DATABASES["default"]["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _stores.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bw",
        "TIMEOUT": 300,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "betterwork.views.csrf_failure"

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = (
    None  # results are rows of records.Job: a result store would be a second, unguarded home
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kB
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
# A killed worker's message comes back after this long; claimed jobs are swept sooner by
# records.sweep_jobs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1200}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# Rule sets whose numbers a programme may change (tenancy/rules.py); the key is stored, never
# change it.
PROGRAMME_RULES = {
    "cycle": "factories.rules.cycle_facts.CycleSettings",
    "modality": "assessments.rules.modality.ModalitySettings",
    "planning": "assessments.rules.planning.problem.PlanningSettings",
    "assessment": "assessments.rules.lifecycle.AssessmentSettings",
    "answers": "assessments.rules.answers.AnswerSettings",
    "plan": "advisory.rules.plan.PlanSettings",
    "committee": "factories.rules.committee_indicators.CommitteeSettings",
    "report": "reporting.rules.report.ReportSettings",
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

# People come by invitation (accounts/services.py); allauth signs them in and keeps their factors.
ACCOUNT_ADAPTER = "betterwork.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "betterwork.accounts.forms.SignInForm",
    "request_login_code": "betterwork.accounts.forms.RequestCodeForm",
    "confirm_login_code": "betterwork.accounts.forms.CodeForm",
    "reset_password": "betterwork.accounts.forms.ForgottenForm",
    "reset_password_from_key": "betterwork.accounts.forms.NewPasswordFromKeyForm",
    "change_password": "betterwork.accounts.forms.ChangePasswordForm",
    "set_password": "betterwork.accounts.forms.SetPasswordForm",
    "add_email": "betterwork.accounts.forms.NewAddressForm",
    "reauthenticate": "betterwork.accounts.forms.PasswordAgainForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accepting the mailed invitation proved the address
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Each 429 clears within a minute: the page says so. Wrong passwords wait longer, in the form.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "request_login_code": "20/m/ip,3/m/key",
    "reset_password": "20/m/ip,5/m/key",
    "confirm_email": "1/m/key",
}
MFA_ADAPTER = "betterwork.accounts.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "betterwork.accounts.forms.FactorForm",
    "reauthenticate": "betterwork.accounts.forms.FactorAgainForm",
    "activate_totp": "betterwork.accounts.forms.AppForm",
    "add_webauthn": "betterwork.accounts.forms.NewKeyForm",
    "edit_webauthn": "betterwork.accounts.forms.EditKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Staff always have a second factor and must still be able to change their address. What the rule
# guards against, an account begun with somebody else's address, needs a sign-up open to all.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Betterwork"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
USERSESSIONS_TRACK_ACTIVITY = False  # it would write on every request
# Proxies before us, each of which adds the address it saw to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("bn", _("Bengali")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "bw_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
ASSETS_DIR.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS.append(ASSETS_DIR)
MEDIA_ROOT = (
    VAR_DIR / "media"
)  # never served by address: files pass through a view that checks the reader
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
UPLOAD_MAX_BYTES = 25_000_000
REQUEST_MAX_BYTES = 60_000_000  # a few files at once; larger bodies are refused unread

_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [_SELF],
        "base-uri": [_SELF],
        "form-action": [_SELF],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Betterwork <no-reply@betterwork.example>")
SITE_ADDRESS = env.text("SITE_ADDRESS", "http://127.0.0.1:8000")
SHOW_PARTS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "betterwork.masking.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handlers would print addresses as they are: what it says goes to the root.
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
