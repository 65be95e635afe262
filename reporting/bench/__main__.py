"""A process of the benchmark, on the one database its environment names.

python -m reporting.bench build 5000    fill an empty world
python -m reporting.bench serve         answer lines of JSON: one measure, so many rounds
python -m reporting.bench report en PROGRAMME ASSESSMENT
                                        answer lines of JSON: write a report, so many times
python -m reporting.bench plan          answer lines of JSON: plan countries that are made up
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    import django

    django.setup()
    if arguments[0] == "build":
        return _build(int(arguments[1]))
    if arguments[0] == "serve":
        from reporting.bench.measures import serve

        return serve(sys.stdin, sys.stdout)
    if arguments[0] == "report":
        from reporting.bench import report_cost

        return report_cost.serve(*arguments[1:])
    if arguments[0] == "plan":
        from reporting.bench import planning

        return planning.serve()
    sys.stderr.write(__doc__ or "")
    return 2


def _build(count: int) -> int:
    from django.db import connections
    from django.utils import timezone

    from reporting.bench import world

    def analyse() -> None:
        """Statistics as a server has them a day later, so that plans are those of daily life."""
        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    world.build(count, today=timezone.localdate(), analyse=analyse)
    analyse()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
