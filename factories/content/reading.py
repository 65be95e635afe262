"""Reads the committee law shipped with the product."""

from functools import cache
from pathlib import Path

import yaml

from factories.rules.committee_law import CommitteeRule, Kind, read_rules

_FILE = Path(__file__).with_name("committees.yaml")


@cache
def committee_rules() -> tuple[CommitteeRule, ...]:
    """Every shipped rule. Raises: DomainError("committee_rule_invalid") on a damaged file."""
    return read_rules(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def committee_rule(country: str, kind: Kind) -> CommitteeRule:
    """The rule of a country (alpha-2), or an empty one (all parts not found) where none is kept."""
    for rule in committee_rules():
        if rule.country == country and rule.kind is kind:
            return rule
    return CommitteeRule(country=country, kind=kind)
