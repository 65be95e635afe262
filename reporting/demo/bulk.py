"""Answers by the hundred thousand, written inside the database.

Used by the demo and by the benchmark. Whether a factory breaches a question is decided by a hash
of both, against a probability that falls with the cycle: the same findings come back, some go, a
few are new, and the same input gives the same world.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from django.db import connection
from django.utils import timezone

from assessments.library import NEUTRAL
from assessments.models import ToolVersion
from assessments.tool import tool_of, words_of
from betterwork.tenancy import scope

from . import facts

# Share of factories with at least one non-compliance in the compliance point, first cycle.
POINT_RATES: dict[str, float] = {
    "CL-CLB": 0.01, "CL-HZW": 0.03, "CL-DOC": 0.12,
    "DI-GEN": 0.15, "DI-OTH": 0.20, "DI-RAC": 0.03, "DI-REL": 0.01,
    "FL-BON": 0.01, "FL-COE": 0.04, "FL-OVT": 0.04, "FL-PRI": 0.004,
    "FA-CB": 0.27, "FA-FTA": 0.15, "FA-IND": 0.24, "FA-STR": 0.02, "FA-UOP": 0.36,
    "CO-MOP": 0.11, "CO-MIN": 0.20, "CO-OTW": 0.35, "CO-PDL": 0.56, "CO-PRE": 0.24,
    "CO-SOC": 0.50, "CO-INF": 0.41,
    "CT-PRO": 0.31, "CT-DDD": 0.46, "CT-EMP": 0.52, "CT-TER": 0.32,
    "OSH-CHM": 0.70, "OSH-EP": 0.81, "OSH-HFA": 0.66, "OSH-MS": 0.74, "OSH-WEL": 0.60,
    "OSH-ACC": 0.10, "OSH-WPR": 0.86, "OSH-ENV": 0.55,
    "WT-LV": 0.29, "WT-OT": 0.84, "WT-REG": 0.37,
}  # fmt: skip
IMPROVES = 0.88  # of the probability is left after each cycle
RECURS = 0.8  # of the questions are decided by the factory, the rest anew at each visit

_SEEN = (
    "On floor 2, sewing lines 4 to 6, on the first day",
    "In the cutting section, on the morning of the first day",
    "In the records of the last three months",
    "On floor 4, lines 11 and 12, during overtime",
    "In the finishing section, on the second day",
    "In the files of 12 workers drawn by the team",
    "In the washing unit and the store beside it",
)
_TOLD = (
    "Five of eight workers interviewed say the same",
    "The personnel manager confirmed it",
    "The records of the quarter show the same",
    "Two members of the committee raised it as well",
    "The supervisor of the section confirmed it",
)

# Facts in numbers that agree with the factory and with each other, as SQL over its women, men and
# workers; `own` is drawn once per assessment, `noise` for each question.
_PROBATION, _CASUAL = "round(workers * (0.02 + 0.06 * own))", "round(workers * 0.02 * own)"
_MIGRANT_WOMEN = "round(women * 0.25 * own) * has_migrant_workers::int"
_MIGRANT_MEN = "round(men * 0.15 * own) * has_migrant_workers::int"
_SUPERVISORS = "round(workers * 0.04)"
NUMBERS: dict[str, str] = {
    "CT-FG-01": "GREATEST(workers, 1)",
    "CT-FG-02": "women",
    "CT-FG-03": "men",
    "CT-FG-04": f"workers - {_PROBATION} - {_CASUAL}",
    "CT-FG-05": _PROBATION,
    "CT-FG-06": _CASUAL,
    "CT-FG-07": "round(women * 0.01 * noise)",
    "CT-FG-08": "round(men * 0.01 * noise)",
    "CT-FG-09": "round(workers * 0.3 * noise)",
    "CT-FG-10": f"{_MIGRANT_WOMEN} + {_MIGRANT_MEN}",
    "CT-FG-11": _SUPERVISORS,
    "CT-FG-16": "round(workers * 0.01 * noise)",
    "CT-FG-17": facts.NOTICES,
    "FA-FG-01": "round(20 + 60 * own) * has_union::int",
    "FA-FG-02": facts.UNIONS,
    "FA-FG-04": facts.AGREEMENTS,
    "FA-FG-06": facts.STRIKES,
    "LE-LE-03": "round(workers * (0.1 + 0.5 * noise))",
    "LE-LE-04": f"round({_SUPERVISORS} * noise)",
    "PI-FG-04": "floor(noise * 3)",
    "PI-FG-05": "4",
    "SI-FAC-01": "COALESCE(began, 2000)",
    "SI-FAC-05": "GREATEST(round(workers / 60.0), 1)",
    "SI-FAC-06": "floor(1 + 4 * own)",
    "SI-FAC-07": "floor(1 + 9 * own)",
    "SI-FAC-08": "floor(1 + 1.5 * own)",
    "SI-FAC-10": "floor(1 + 8 * noise)",
    "SI-FAC-11": "round(20 + 60 * noise)",
    "SI-WRK-01": "round(women * 0.85)",
    "SI-WRK-02": "round(men * 0.8)",
    "SI-WRK-03": "round(workers * 0.2 * own)",
    "SI-WRK-04": "round(workers * 0.05 * own)",
    "SI-WRK-05": _MIGRANT_WOMEN,
    "SI-WRK-06": _MIGRANT_MEN,
    "SI-WRK-07": "round(workers * 0.01 * noise)",
    "SI-WRK-08": "round(women * 0.02 * noise)",
    "SI-WRK-09": f"round({_SUPERVISORS} * 0.4 * (0.5 + own))",
    "SI-WRK-10": "round(workers * 0.3 * own) * has_dormitory::int",
    "SI-WRK-13": "round(workers * (0.05 + 0.3 * noise))",
    "SY-SD-07": "floor(5 + 3 * noise)",
    "SY-OSH-08": "floor(noise * 6)",
}
# A number asked by a later version of the tool, of which nothing is known here.
_ANY_NUMBER = (
    "round(COALESCE((value_rules->>'min')::numeric, 0) + (noise * noise)::numeric"
    " * (LEAST(COALESCE((value_rules->>'max')::numeric, 20), 20)"
    " - LEAST(COALESCE((value_rules->>'min')::numeric, 0), 20)))"
)

_HASH = "((hashtextextended(%s, 7) & 2147483647)::float8 / 2147483647)"


def _sql_list(texts: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


def _cases(values: Mapping[str, str]) -> str:
    return " ".join(f"WHEN '{lineage}' THEN {value}" for lineage, value in values.items())


def _said() -> dict[str, str]:
    """What a team would type for a finding of each question: the law's figures put in.

    A team that does not know a figure names none.
    """
    today = timezone.localdate()
    said = {}
    for version_id in ToolVersion.objects.values_list("pk", flat=True):
        tool = tool_of(version_id)
        for lineage, words in words_of(tool, "en", today).items():
            text = words.finding.replace(NEUTRAL["en"], "the legal limit")
            said[str(tool.by_lineage[lineage].id)] = text
    return said


def write_answers(
    assessment_ids: list[UUID] | None = None,
    *,
    share: float = 1.0,
    rates: Mapping[str, float] = POINT_RATES,
) -> int:
    """Answer every question of the tool for assessments in scope that have no answer yet.

    `share` below 1 leaves the later questions open, as in the middle of a visit. Answers the count.
    """
    programme = scope.current_programme()
    rate_rows = ", ".join(f"('{point}', {rate})" for point, rate in rates.items())
    stays = _HASH % "f.code || q.lineage"
    varies = _HASH % "a.code || q.lineage"
    redraw = _HASH % "q.lineage || a.code"
    own = _HASH % "'own' || a.code"
    numbers, texts = _cases(NUMBERS), _cases(facts.TEXTS)
    choices, booleans = _cases(facts.CHOICES), _cases(facts.BOOLEANS)
    sql = f"""
        WITH rate(point_id, share) AS (VALUES {rate_rows}),
        asked AS (
            SELECT q.*, count(*) FILTER (WHERE q.kind = 'ncq')
                       OVER (PARTITION BY q.version_id, q.point_id) AS siblings,
                   row_number() OVER (PARTITION BY q.version_id ORDER BY q."order") AS place,
                   count(*) OVER (PARTITION BY q.version_id) AS total
            FROM assessments_toolquestion q
        ),
        drawn AS (
            SELECT a.id AS assessment_id, a.programme_id, a.starts_on, a.created_by_id,
                   q.id AS question_id, q.point_id, q.kind, q.lineage, q.value_type, q.value_rules,
                   q.is_structural, said.value AS found,
                   CASE WHEN {redraw} < {RECURS} THEN {stays} ELSE {varies} END AS draw,
                   {varies} AS noise, {own} AS own,
                   f.workers_female AS women, f.workers_male AS men,
                   f.workers_female + f.workers_male AS workers,
                   f.has_dormitory, f.has_migrant_workers,
                   f.has_trade_union AS has_union, f.began_on_year AS began, f.region,
                   f.first_product AS product, f.second_product,
                   f.factory_type = 'footwear' AS is_footwear, left(f.code, 2) AS country,
                   (1 - power(1 - COALESCE(r.share, 0.02)
                        * power({IMPROVES}, a.cycle_number - 1), 1.0 / GREATEST(q.siblings, 1)))
                     * CASE WHEN q.is_structural THEN 0 ELSE 1 END AS chance,
                   (q.applies ? 'needs' AND NOT (
                      (NOT q.applies->'needs' ? 'dormitory' OR f.has_dormitory)
                      AND (NOT q.applies->'needs' ? 'migrant_workers' OR f.has_migrant_workers))
                   ) AS absent
            FROM assessments_assessment a
            JOIN factories_factory f ON f.id = a.factory_id
            JOIN asked q ON q.version_id = a.version_id
            LEFT JOIN jsonb_each_text(%s) said ON said.key = q.id::text
            LEFT JOIN rate r ON r.point_id = q.point_id
            WHERE a.programme_id = %s AND a.starts_on IS NOT NULL
              AND (%s::uuid[] IS NULL OR a.id = ANY(%s::uuid[]))
              AND q.place <= q.total * %s
              AND NOT EXISTS (SELECT 1 FROM assessments_answer x WHERE x.assessment_id = a.id)
        ),
        decided AS (
            SELECT *, CASE
                WHEN kind = 'fgw' THEN ''
                WHEN absent THEN 'not_applicable'
                WHEN is_structural THEN 'structural'
                WHEN draw < chance THEN 'non_compliant'
                WHEN noise > 0.985 THEN 'not_applicable'
                ELSE 'compliant' END AS outcome
            FROM drawn
        )
        INSERT INTO assessments_answer (
            programme_id, assessment_id, question_id, point_id, outcome, reason, finding, sources,
            value_number, value_text, value_choice, value_date, value_boolean, revision,
            answered_by_id, answered_at)
        SELECT programme_id, assessment_id, question_id, point_id, outcome,
               CASE WHEN outcome = 'not_applicable' THEN 'Not present at this factory.' ELSE '' END,
               CASE WHEN outcome IN ('non_compliant', 'structural') THEN
                    ({_sql_list(_SEEN)})[1 + (noise * 6.99)::int %% {len(_SEEN)}] || ': '
                    || lower(left(found, 1)) || substr(found, 2) || ' '
                    || ({_sql_list(_TOLD)})[1 + (noise * 99)::int %% {len(_TOLD)}] || '.'
               ELSE '' END,
               CASE WHEN outcome = 'non_compliant' THEN ARRAY['documents', 'workers']
                    WHEN outcome = 'structural' THEN ARRAY['documents', 'management']
                    WHEN outcome = 'compliant' THEN ARRAY['documents', 'observation']
                    ELSE ARRAY[]::varchar[] END,
               CASE WHEN value_type = 'number'
                    THEN CASE lineage {numbers} ELSE {_ANY_NUMBER} END END,
               CASE WHEN value_type = 'text'
                    THEN CASE lineage {texts} ELSE {facts.ANY_TEXT} END ELSE '' END,
               CASE WHEN value_type = 'choice'
                    THEN CASE lineage {choices} ELSE ({facts.ANY_CHOICE})->>'key' END ELSE '' END,
               CASE WHEN value_type = 'date' THEN starts_on - 200 END,
               CASE WHEN value_type = 'boolean'
                    THEN CASE lineage {booleans} ELSE {facts.ANY_BOOLEAN} END END,
               1, created_by_id, starts_on + interval '11 hours'
        FROM decided
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(_said()), programme, assessment_ids, assessment_ids, share])
        return int(cursor.rowcount)
