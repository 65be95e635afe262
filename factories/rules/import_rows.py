"""Cells of an imported file of factories: their headings, their values, and what is wrong.

Pure: a table of text goes in, values and codes come out. Source: docs/domain/rules/factories.md,
rules F-4 to F-6; the aliases are the headings of the programme's enterprise export.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from betterwork.errors import DomainError

from .identifiers import gateway_id, os_id

CUSTOMERS = (1, 2, 3)
COLUMNS = (
    "code", "os_id", "legacy_id", "gateway_id", "name", "local_name", "factory_type",
    "isic_division", "began_on_year", "first_product", "second_product", "address",
    "office_address", "city", "region", "postcode", "country", "latitude", "longitude", "phone",
    "fax", "email", "website", "group", "owner_name", "owner_headquarters", "owner_contact",
    "advisor_email", "female", "male", "total", "counted_on", "languages", "has_dormitory",
    "has_migrant_workers", "has_trade_union", "peer_grouping", "status", "status_reason",
    "registered_on", "cycle_number", "cycle_starts_on", "contact_name", "contact_title",
    "contact_phone", "contact_email",
    *(f"buyer_{n}{part}" for n in CUSTOMERS for part in ("", "_since", "_relation")),
)  # fmt: skip

_ALIASES = {
    "id": "legacy_id", "original_id": "legacy_id", "enterprise_id": "legacy_id",
    "factory_id": "code", "better_work_id": "code", "os_hub_id": "os_id", "oar_id": "os_id",
    "slcp_gateway_id": "gateway_id", "gateway": "gateway_id",
    "factory": "name", "factory_name": "name", "enterprise": "name", "enterprise_name": "name",
    "name_in_local_script": "local_name", "local_script_name": "local_name",
    "type": "factory_type", "division": "isic_division", "isic": "isic_division",
    "year_began": "began_on_year", "year_operations_began": "began_on_year",
    "first_main_product": "first_product", "second_main_product": "second_product",
    "product_1": "first_product", "product_2": "second_product",
    "address_1": "address", "address_line_1": "address", "address_2": "address_2",
    "address_line_2": "address_2", "town": "city", "state": "region", "province": "region",
    "district": "region", "zip": "postcode", "zip_code": "postcode", "post_code": "postcode",
    "alpha_2": "country", "country_code": "country", "gps_y": "latitude", "lat": "latitude",
    "gps_x": "longitude", "lon": "longitude", "lng": "longitude", "long": "longitude",
    "earlier_id": "legacy_id", "id_in_an_earlier_system": "legacy_id",
    "phones": "phone", "fax_number": "fax", "faxes": "fax",
    "cycle": "cycle_number", "latest_cycle": "cycle_number", "current_cycle": "cycle_number",
    "cycle_start_date": "cycle_starts_on", "cycle_began_on": "cycle_starts_on",
    "telephone": "phone", "e_mail": "email", "web_site": "website",
    "manufacturing_group": "group", "owner": "owner_name", "legal_owner": "owner_name",
    "owner_hq": "owner_headquarters", "headquarters": "owner_headquarters",
    "advisor": "advisor_email", "assigned_advisor": "advisor_email",
    "enterprise_advisor": "advisor_email", "ea": "advisor_email", "ea_email": "advisor_email",
    "women": "female", "female_workers": "female", "men": "male", "male_workers": "male",
    "total_workers": "total", "workers": "total", "dormitory": "has_dormitory",
    "migrant_workers": "has_migrant_workers", "trade_union": "has_trade_union",
    "union": "has_trade_union", "peer_grouping_enabled": "peer_grouping",
    "obsoletion_reason": "status_reason", "reason": "status_reason",
    "creation_date": "registered_on", "registration_date": "registered_on",
    "contact": "contact_name", "contact_job_title": "contact_title",
    **{f"customer_{n}": f"buyer_{n}" for n in CUSTOMERS},
    **{f"customer_{n}_name": f"buyer_{n}" for n in CUSTOMERS},
    **{f"buyer_{n}_name": f"buyer_{n}" for n in CUSTOMERS},
    **{f"customer_{n}_length_of_relation": f"buyer_{n}_length" for n in CUSTOMERS},
    **{f"customer_{n}_relation": f"buyer_{n}_relation" for n in CUSTOMERS},
    **{f"customer_{n}_{kind}": f"buyer_{n}_{kind}" for n in CUSTOMERS
       for kind in ("preferred_supplier", "contractor", "subcontractor")},
}  # fmt: skip
# Read, but folded into another column.
HELPERS = (
    "address_2",
    *(f"buyer_{n}_{part}" for n in CUSTOMERS
      for part in ("length", "preferred_supplier", "contractor", "subcontractor")),
)  # fmt: skip
KNOWN = frozenset(COLUMNS) | frozenset(HELPERS)

_YES = {"yes", "y", "true", "1", "x", "oui", "enabled"}
_NO = {"no", "n", "false", "0", "non", "disabled"}
_TYPES = {
    "garment": "garment", "apparel": "garment", "14": "garment", "clothing": "garment",
    "footwear": "footwear", "shoes": "footwear", "15.2": "footwear", "15": "footwear",
    "other": "other",
}  # fmt: skip
_RELATIONS = {
    "direct": "direct", "preferred": "preferred", "preferred supplier": "preferred",
    "contractor": "contractor", "subcontractor": "subcontractor",
}  # fmt: skip
_LENGTHS = {
    "name": 200, "local_name": 200, "legacy_id": 40, "isic_division": 8, "first_product": 120,
    "second_product": 120, "city": 100, "region": 100, "postcode": 20, "phone": 120, "fax": 40,
    "group": 200, "owner_name": 200, "owner_headquarters": 200, "owner_contact": 200,
    "contact_name": 120, "contact_title": 120, "contact_phone": 40, "code": 16,
    **{f"buyer_{n}": 200 for n in CUSTOMERS},
}  # fmt: skip
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB = re.compile(r"https?://\S+\.\S+")


def heading(text: str) -> str:
    """The column a heading means, or the heading in plain form where we know none."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.strip().casefold()).strip("_")
    return _ALIASES.get(plain, plain)


class CellError(Exception):
    """One cell that cannot be read: a code and what fills its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_row(
    cells: Mapping[str, str], *, country: str, today: date
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Typed values of one row, and errors by column as `{"code": ..., "facts": {...}}`.

    Empty cells give no value: an import never blanks what is known.
    """
    values: dict[str, Any] = {}
    errors: dict[str, list[dict[str, Any]]] = {}

    def wrong(column: str, code: str, **facts: Any) -> None:
        errors.setdefault(column, []).append({"code": code, "facts": facts})

    for column in COLUMNS:
        raw = str(cells.get(column, "") or "").strip()
        text = unescaped(raw).strip()
        if not text:
            continue
        # One with an apostrophe before it is a text, as our own files write it.
        if raw.startswith("="):
            wrong(column, "import_formula")
            continue
        try:
            values[column] = _READERS.get(column, _text(column))(text)
        except CellError as error:
            wrong(column, error.code, **error.facts)
        except DomainError as error:
            wrong(column, error.code, **error.facts)
    if "name" not in values and "name" not in errors:
        wrong("name", "import_name_missing")
    if values.get("country", country).upper() != country.upper():
        wrong("country", "import_other_country", country=country)
    _fold(cells, values, today)
    for name, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if name in values and other not in values and other not in errors:
            wrong(name, "import_half_location")
    for name, other in (("female", "male"), ("male", "female")):
        if name in values and other not in values and other not in errors:
            wrong(name, "import_half_workforce")
    _check_cycle(values, errors, wrong)
    total = values.get("total")
    if total is not None and {"female", "male"} <= values.keys():
        both = values["female"] + values["male"]
        if total != both:
            wrong("total", "import_total_differs", total=total, both=both)
    if values.get("status", "active") != "active" and not values.get("status_reason"):
        wrong("status_reason", "import_reason_missing")
    for column in ("registered_on", "counted_on"):
        if column in values and values[column] > today:
            wrong(column, "import_day_in_future")
    return values, errors


def _check_cycle(
    values: dict[str, Any], errors: Mapping[str, Any], wrong: Callable[..., None]
) -> None:
    """Number and first day of the running cycle: both or neither. Number 0: none has begun."""
    if values.get("cycle_number") == 0:
        values.pop("cycle_number")
        values.pop("cycle_starts_on", None)
    for name, other in (("cycle_number", "cycle_starts_on"), ("cycle_starts_on", "cycle_number")):
        if name in values and other not in values and other not in errors:
            wrong(other, "import_half_cycle")


def unescaped(text: str) -> str:
    """Take off the apostrophe that exports put before what looks like a formula."""
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def _fold(cells: Mapping[str, str], values: dict[str, Any], today: date) -> None:
    """Second address lines, lengths of relation and ticked relations, as the export has them."""
    second = str(cells.get("address_2", "") or "").strip()
    if second:
        values["address"] = "\n".join(part for part in (values.get("address"), second) if part)
    for n in CUSTOMERS:
        if f"buyer_{n}" not in values:
            continue
        length = str(cells.get(f"buyer_{n}_length", "") or "").strip()
        found = re.match(r"(\d{1,2})", length)
        if found and f"buyer_{n}_since" not in values:
            values[f"buyer_{n}_since"] = today.year - int(found[1])
        if f"buyer_{n}_relation" not in values:
            for kind, relation in (("preferred_supplier", "preferred"),
                                   ("contractor", "contractor"),
                                   ("subcontractor", "subcontractor")):  # fmt: skip
                if str(cells.get(f"buyer_{n}_{kind}", "")).strip().casefold() in _YES:
                    values[f"buyer_{n}_relation"] = relation


def _text(column: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        longest = _LENGTHS.get(column)
        if longest is not None and len(text) > longest:
            raise CellError("import_too_long", longest=longest)
        return text

    return read


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        plain = re.sub(r"[\s,\u00a0]", "", text)
        plain = re.sub(r"\.0+$", "", plain)
        if not re.fullmatch(r"-?\d{1,9}", plain):
            raise CellError("import_not_a_number")
        number = int(plain)
        if not low <= number <= high:
            raise CellError("import_out_of_range", low=low, high=high)
        return number

    return read


def _cycle_number(text: str) -> int:
    """3, "Cycle 3", or 0 and "none" where no cycle has begun."""
    plain = re.sub(r"^cycle\s*", "", text.strip(), flags=re.IGNORECASE)
    if plain.casefold() in {"none", "-", "n/a"}:
        return 0
    return _number(0, 99)(plain)


def _degrees(most: int) -> Callable[[str], Decimal]:
    def read(text: str) -> Decimal:
        try:
            value = Decimal(text.replace(",", ".").replace("°", "").strip())
        except InvalidOperation as error:
            raise CellError("import_not_a_number") from error
        if not value.is_finite() or not -most <= value <= most:
            raise CellError("import_out_of_range", low=-most, high=most)
        return value.quantize(Decimal("0.000001"))

    return read


def read_date(text: str) -> date:
    """2026-11-24, 24/11/2026, 24.11.2026, or the number of a day as Excel counts it."""
    plain = text.strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", plain) and 20_000 <= float(plain) <= 60_000:
        return _EXCEL_DAY_ZERO + timedelta(days=int(float(plain)))
    plain = re.split(r"[ T]", plain)[0]
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y"):
        try:
            return datetime.strptime(plain if " " not in form else text.strip(), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise CellError("import_not_a_date")


def _switch(text: str) -> bool:
    plain = text.casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellError("import_not_yes_or_no")


def _one_of(table: Mapping[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = table.get(text.casefold())
        if found is None:
            raise CellError("import_not_in_list", allowed=", ".join(sorted(set(table.values()))))
        return found

    return read


def _status(text: str) -> str:
    """ "Active", and whatever the export writes after it, such as "Active (paying)"."""
    plain = text.casefold()
    for word, status in (("active", "active"), ("suspend", "suspended"), ("closed", "closed"),
                         ("left", "left"), ("obsolete", "left"), ("inactive", "left"),
                         ("withdrawn", "left")):  # fmt: skip
        if plain.startswith(word):
            return status
    raise CellError("import_not_in_list", allowed="active, closed, left, suspended")


def _email(text: str) -> str:
    if _EMAIL.fullmatch(text) is None or len(text) > 254:
        raise CellError("import_not_an_email")
    return text


def _web(text: str) -> str:
    found = text if "://" in text else f"https://{text}"
    if _WEB.fullmatch(found) is None or len(found) > 200:
        raise CellError("import_not_a_web_address")
    return found


def _languages(text: str) -> list[str]:
    codes = [part.strip().lower() for part in re.split(r"[,;/ ]+", text) if part.strip()]
    if any(not re.fullmatch(r"[a-z]{2,3}", code) for code in codes):
        raise CellError("import_not_languages")
    return codes


_READERS: dict[str, Callable[[str], Any]] = {
    "os_id": os_id,
    "gateway_id": gateway_id,
    "code": lambda text: text.upper(),
    "factory_type": _one_of(_TYPES),
    "began_on_year": _number(1900, 2100),
    "latitude": _degrees(90),
    "longitude": _degrees(180),
    "female": _number(0, 200_000),
    "male": _number(0, 200_000),
    "total": _number(0, 400_000),
    "counted_on": read_date,
    "registered_on": read_date,
    "cycle_number": _cycle_number,
    "cycle_starts_on": read_date,
    "has_dormitory": _switch,
    "has_migrant_workers": _switch,
    "has_trade_union": _switch,
    "peer_grouping": _switch,
    "status": _status,
    "email": _email,
    "contact_email": _email,
    "website": _web,
    "languages": _languages,
    **{f"buyer_{n}_since": _number(1900, 2100) for n in CUSTOMERS},
    **{f"buyer_{n}_relation": _one_of(_RELATIONS) for n in CUSTOMERS},
}
