"""Runs all stages, or those named, and prints what passed and failed.

The last line is `N passed, M failed`, summed over the stages; the exit code is 0 only for M = 0.
"""

from __future__ import annotations

import os
import sys
import time

import environment
from runner import Runner
from stages import STAGES


def main() -> int:
    """Runs the stages."""
    names = sys.argv[1:]
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        sys.exit(f"no such stage: {', '.join(sorted(unknown))}; there are: {', '.join(stage.name for stage in STAGES)}")
    chosen = [stage for stage in STAGES if not names or stage.name in names]
    variables = {**os.environ, "CARGO_TERM_COLOR": "never", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    start = time.monotonic()
    results = Runner(environment.ROOT, environment.BUILD / "logs", variables).run(chosen)
    passed = sum(result.count.passed for result in results)
    failed = sum(result.count.failed for result in results)
    computing = sum(result.computing_seconds for result in results)
    print(f"{len(results)} stages in {time.monotonic() - start:.0f} s, {computing:.0f} s of a core; logs in build/logs/")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
