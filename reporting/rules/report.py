"""What a programme chooses of its reports."""

from dataclasses import dataclass

from betterwork.rules.settings import ProgrammeSettings, setting


@dataclass(frozen=True, slots=True)
class ReportSettings(ProgrammeSettings):
    """names_team: whether the assessors' names are printed; their number always is."""

    names_team: bool = setting(False, unit="switch", source="-", mark="G")
