"""People, the hats they wear, and the invitations that hand a hat over."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person, known by an e-mail address. What they may do is in their memberships."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=8, default="en")
    theme = models.CharField(_("colours"), max_length=8, choices=Theme, default=Theme.AUTO)
    density = models.CharField(
        _("density"), max_length=12, choices=Density, default=Density.COMFORTABLE
    )
    is_active = models.BooleanField(_("is active"), default=True)
    is_demo = models.BooleanField(_("belongs to the demo"), default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ["full_name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def initials(self) -> str:
        words = [w for w in self.full_name.split() if w]
        return "".join(w[0] for w in words[:2]) or self.email[:1].upper()


class Role(models.TextChoices):
    """Every role of a membership. The table of rights is betterwork/permissions.py."""

    ADVISOR = "advisor", _("Enterprise advisor")
    MANAGER = "manager", _("Programme manager")
    STAFF = "staff", _("Programme staff")
    PLANNER = "planner", _("Planner")
    CAT_EDITOR = "cat_editor", _("CAT editor")
    AMBASSADOR = "ambassador", _("Factory ambassador")
    COMMITTEE_WORKER = "committee_worker", _("Committee member, worker side")
    COMMITTEE_MANAGEMENT = "committee_management", _("Committee member, management side")
    GROUP_LEAD = "group_lead", _("Group sustainability lead")
    BUYER = "buyer", _("Buyer")
    CONSTITUENT = "constituent", _("National constituent")
    GLOBAL = "global", _("Global staff")


PROGRAMME_STAFF = frozenset({Role.ADVISOR, Role.MANAGER, Role.STAFF, Role.PLANNER, Role.CAT_EDITOR})
FACTORY_SIDE = frozenset({Role.AMBASSADOR, Role.COMMITTEE_WORKER, Role.COMMITTEE_MANAGEMENT})
NEEDS_SECOND_FACTOR = PROGRAMME_STAFF | {Role.GLOBAL}


class HatFields(models.Model):
    """What a hat is for: a role in a programme, a factory, a group or a buyer."""

    role = models.CharField(_("role"), max_length=24, choices=Role)
    programme = models.ForeignKey(
        "tenancy.Programme", models.PROTECT, null=True, blank=True, related_name="+"
    )
    factory = models.ForeignKey(
        "factories.Factory", models.PROTECT, null=True, blank=True, related_name="+"
    )
    group = models.ForeignKey(
        "factories.ManufacturingGroup", models.PROTECT, null=True, blank=True, related_name="+"
    )
    buyer = models.ForeignKey(
        "factories.Buyer", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


def hat_is_whole(prefix: str) -> list[models.CheckConstraint]:
    """Each role names exactly what it acts for, and nothing else."""
    factory_roles = sorted(FACTORY_SIDE)
    programme_roles = sorted({*PROGRAMME_STAFF, Role.CONSTITUENT})
    return [
        models.CheckConstraint(
            name=f"{prefix}_names_its_scope",
            condition=(
                Q(
                    role__in=programme_roles,
                    programme__isnull=False,
                    factory__isnull=True,
                    group__isnull=True,
                    buyer__isnull=True,
                )
                | Q(
                    role__in=factory_roles,
                    programme__isnull=False,
                    factory__isnull=False,
                    group__isnull=True,
                    buyer__isnull=True,
                )
                | Q(role=Role.GROUP_LEAD, group__isnull=False, factory__isnull=True)
                | Q(role=Role.BUYER, buyer__isnull=False, factory__isnull=True)
                | Q(
                    role=Role.GLOBAL,
                    programme__isnull=True,
                    factory__isnull=True,
                    group__isnull=True,
                    buyer__isnull=True,
                )
            ),
        )
    ]


@pghistory.track()
class Membership(HatFields):
    """One hat of one person. A request acts in exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            *hat_is_whole("membership"),
            models.UniqueConstraint(
                fields=["user", "role", "programme", "factory", "group", "buyer"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="membership_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(HatFields):
    """A hat offered by e-mail. Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"))
    full_name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            *hat_is_whole("invitation"),
            models.CheckConstraint(
                name="invitation_accepted_whole",
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.role}"
