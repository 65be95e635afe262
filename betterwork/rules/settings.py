"""Programme settings as frozen dataclasses whose every number carries its range and source.

A settings class lists its fields with `setting(...)` and calls `check_settings(self)` in
`__post_init__`. A programme stores only the numbers it changes, as a JSON object, and reads them
back with `from_mapping`.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any, Self, get_type_hints

from betterwork.errors import DomainError


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as a form or a document shows it. `mark` is S, P, D or G (see the docs)."""

    name: str
    kind: type
    default: Any
    lowest: Any
    highest: Any
    unit: str
    source: str
    mark: str


def setting(
    default: Any,
    *,
    unit: str,
    source: str,
    mark: str,
    lowest: Any = None,
    highest: Any = None,
) -> Any:
    """A dataclass field with its permitted range (both ends included), unit and source."""
    facts = {"lowest": lowest, "highest": highest, "unit": unit, "source": source, "mark": mark}
    return field(default=default, metadata=facts)


class ProgrammeSettings:
    """Base of the settings classes; holds no state of its own."""

    __slots__ = ()

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Defaults overridden by `data`, as stored in JSON (shares as text, such as "0.75").

        Raises: DomainError("unknown_setting"), ("setting_wrong_type"), ("setting_out_of_range"),
        and whatever relation between settings the class itself refuses.
        """
        known = {each.name: each for each in setting_fields(cls)}
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise DomainError("unknown_setting", names=tuple(unknown))
        return cls(**{name: _read(known[name], value) for name, value in data.items()})

    def changes(self) -> dict[str, Any]:
        """Only what differs from the defaults, ready for JSON and for `from_mapping`."""
        changed: dict[str, Any] = {}
        for each in setting_fields(type(self)):
            value = getattr(self, each.name)
            if value != each.default:
                changed[each.name] = str(value) if isinstance(value, Fraction | StrEnum) else value
        return changed

    def __post_init__(self) -> None:
        check_settings(self)


def setting_fields(cls: type) -> tuple[SettingField, ...]:
    """The settings of a class in the order they are written."""
    hints = get_type_hints(cls)
    listed = []
    for each in fields(cls):
        if each.default is MISSING:
            raise TypeError(f"{cls.__name__}.{each.name} has no default")
        listed.append(SettingField(each.name, hints[each.name], each.default, **each.metadata))
    return tuple(listed)


def check_settings(settings: object) -> None:
    """Raises: DomainError("setting_wrong_type") or DomainError("setting_out_of_range")."""
    for each in setting_fields(type(settings)):
        value = getattr(settings, each.name)
        # bool is an int to Python; a switch is never a number of days.
        if type(value) is not each.kind:
            raise DomainError("setting_wrong_type", name=each.name, expected=each.kind.__name__)
        too_low = each.lowest is not None and value < each.lowest
        too_high = each.highest is not None and value > each.highest
        if too_low or too_high:
            raise DomainError(
                "setting_out_of_range",
                name=each.name,
                value=value,
                lowest=each.lowest,
                highest=each.highest,
            )


def _read(each: SettingField, value: Any) -> Any:
    wrong = DomainError("setting_wrong_type", name=each.name, expected=each.kind.__name__)
    if type(value) is each.kind:
        return value
    if isinstance(value, bool):
        raise wrong
    if each.kind is Fraction and isinstance(value, int | float | str):
        try:
            return Fraction(str(value))
        except (ValueError, ZeroDivisionError) as error:
            raise wrong from error
    if issubclass(each.kind, StrEnum) and isinstance(value, str):
        try:
            return each.kind(value)
        except ValueError as error:
            raise wrong from error
    raise wrong
