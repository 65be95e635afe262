"""Programmes (the tenants), their versioned settings, and the base of every row they own."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import scope

T = TypeVar("T", bound=models.Model)


class Programme(models.Model):
    """One country programme: the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("code"), max_length=8, unique=True)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 alpha-2"))
    name = models.JSONField(_("name"), help_text=_("name per language"))
    languages = models.JSONField(_("languages"), default=list)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    weekly_rest = models.JSONField(_("weekly rest days"), default=list, help_text=_("Monday is 0"))
    # Days on which it departs from the public calendar, each "off" or "worked": kept by a trigger
    # from what is recorded of the country, so that whoever has the programme has its calendar.
    own_days = models.JSONField(default=dict, editable=False)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    is_active = models.BooleanField(_("is active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        names: dict[str, str] = self.name
        return names.get(language) or names.get("en") or self.code


class ProgrammeManager(models.Manager[T]):
    """Refuses to build a query outside a scope: forgetting the scope fails loudly, not emptily.

    Roles of one programme also name it in the query. Row-level security hides the other rows
    anyway; but only an equality lets PostgreSQL walk an index that begins with the programme.
    """

    def get_queryset(self) -> models.QuerySet[T]:
        facts = scope.current()
        rows = super().get_queryset()
        if facts.programme is not None and facts.role in scope.OF_ONE_PROGRAMME:
            return rows.filter(programme_id=facts.programme)
        return rows


class ProgrammeModel(models.Model):
    """A row of one programme. Row-level security decides who sees it; see rls.py."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(
        Programme, models.PROTECT, editable=False, related_name="+", verbose_name=_("programme")
    )

    objects = ProgrammeManager()

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # New rows belong to the programme in scope unless told otherwise.
        unset = self.__dict__.get("programme_id") is None
        if self._state.adding and not args and unset and scope.is_open():
            programme = scope.current().programme
            if programme is not None:
                self.programme_id = programme


class ProgrammeSettings(ProgrammeModel):
    """The programme's numbers, versioned: a rule of 2024 keeps the numbers of 2024."""

    version = models.PositiveIntegerField(_("version"))
    valid_from = models.DateField(_("valid from"))
    values = models.JSONField(_("values"), default=dict)
    reason = models.TextField(_("reason"))
    changed_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+", verbose_name=_("changed by")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "version"], name="settings_version"),
            models.CheckConstraint(condition=~Q(reason=""), name="settings_have_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} v{self.version}"
