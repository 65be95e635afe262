"""Run the suite on its own stores: fast, kept under var/test, stopped at the end.

python scripts/run_tests.py [arguments of pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from betterwork import stores  # noqa: E402 - the project is found from here on only


def _run(arguments: list[str], environment: dict[str, str]) -> int:
    """The suite in two parts: browser tests share one running product, so in one process."""
    narrowed = any(
        not word.startswith("-") and Path(word.split("::")[0]).exists() for word in arguments
    )
    parts = (
        [arguments]
        if narrowed
        else [
            [*arguments, "--ignore=tests/browser"],
            ["-n", "0", "tests/browser"],
        ]
    )
    for part in parts:
        command = [sys.executable, "-m", "pytest", *part]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if code != 0:
            return code
    return 0


def main() -> int:
    var_dir = Path(os.environ.get("BETTERWORK_TEST_VAR") or ROOT / "var" / "test").resolve()
    environment = {
        **os.environ,
        "BETTERWORK_VAR": str(var_dir),
        "BETTERWORK_STORES_PROFILE": "fast",
        "DJANGO_SETTINGS_MODULE": "betterwork.settings.test",
    }
    os.environ.update(environment)
    outside = os.environ.get("DATABASE_URL")
    if not outside:
        stores.start(var_dir, profile="fast")
    try:
        for command in (["build_assets"], ["collectstatic", "--noinput", "--verbosity=0"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=False
            )
            if done.returncode != 0:
                print(f"manage.py {command[0]} failed", file=sys.stderr)
                return done.returncode
        return _run(sys.argv[1:], environment)
    finally:
        if not outside:
            stores.release(var_dir)


if __name__ == "__main__":
    sys.exit(main())
