"""A Celery worker as the product starts it, whose report pages each take a while.

`python -m tests.reporting.reports.slow_worker` and then a worker's arguments. SECONDS_A_PAGE
slows only this process, so that a test can kill it half-way.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django


def main() -> None:
    django.setup()
    from betterwork.celery import app
    from reporting.report import printing

    seconds = float(os.environ.get("SECONDS_A_PAGE", "0"))
    write_pdf = printing.write_pdf

    def slow(*given: Any, on_progress: Any = None, **named: Any) -> Any:
        def tell(done: int, total: int) -> None:
            time.sleep(seconds)
            on_progress(done, total)

        return write_pdf(*given, on_progress=tell, **named)

    printing.write_pdf = slow  # type: ignore[assignment]
    app.worker_main(["worker", "--pool=prefork", "--concurrency=1", *sys.argv[1:]])


if __name__ == "__main__":
    main()
