"""`python -m streams.demo`: the service at work, from an event to its result, on real videos."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from streams.demo.footage import FootageError
from streams.demo.run import DemoFailed, run_demo


def main() -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the service running until Ctrl-C")
    parser.add_argument("--video", type=Path, help="a video of yours, to be copied and found")
    arguments = parser.parse_args()
    try:
        asyncio.run(run_demo(keep=arguments.keep, video=arguments.video))
    except (DemoFailed, FootageError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
