"""A process that answers lines of JSON, each with one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

from reporting.bench.stage import PROJECT

END_SECONDS = 20


class Broken(RuntimeError):
    """A process of the benchmark ended before it answered."""


class Child:
    """`python -m reporting.bench ...` on the database of its environment; errors go to `log`."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reporting.bench", *arguments],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._in = cast(IO[str], self._process.stdin)
        self._out = cast(IO[str], self._process.stdout)

    def send(self, **message: Any) -> None:
        """Raises: Broken."""
        try:
            self._in.write(json.dumps(message) + "\n")
            self._in.flush()
        except BrokenPipeError:
            raise self._broken() from None

    def receive(self) -> dict[str, Any]:
        """Raises: Broken."""
        line = self._out.readline()
        if not line:
            raise self._broken()
        told: dict[str, Any] = json.loads(line)
        return told

    def ask(self, **message: Any) -> dict[str, Any]:
        self.send(**message)
        return self.receive()

    def close(self) -> None:
        try:
            self._in.close()
            self._process.wait(timeout=END_SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._out.close()

    def _broken(self) -> Broken:
        tail = self.log.read_text().strip().splitlines()[-3:]
        return Broken(f"A measuring process ended: {' | '.join(tail)} (log: {self.log})")
