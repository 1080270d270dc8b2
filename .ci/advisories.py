# ruff: noqa: INP001 (a script, no package)
"""Asks for advisories on what is locked: `python .ci/advisories.py requirements.txt ...`.

Ends with 1 when there is one that `advisories.toml` does not accept, or accepts no longer. Where the service cannot be
reached it says so in one line and ends with 0: a build that has package registries only must not fail for that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

#: Advisories that are accepted.
ACCEPTED = Path(__file__).with_name("advisories.toml")
#: Seconds that all questions may take.
ASKING_S = 120


def main() -> int:
    """Ask, and tell."""
    report = ask(sys.argv[1:])
    if report is None:
        print("advisories: no service can be reached from here, nothing was checked")  # noqa: T201 (a command)
        return 0
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    lines = objections(report, accepted, today=datetime.now(UTC).date())
    for line in lines:
        print(line)  # noqa: T201
    checked = [one for one in report if "vulns" in one]
    print(f"advisories: {len(checked)} of {len(report)} packages were checked")  # noqa: T201
    return 1 if lines else 0


def ask(files: list[str]) -> list[dict[str, Any]] | None:
    """Return what is known of each package; None when nobody answers."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command += ["--format", "json", *(part for name in files for part in ("--requirement", name))]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ASKING_S, check=False)  # noqa: S603 (made of constants)
        report: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    # A mirror of the registry answers for files only: then every package is one that nobody knows.
    return report if any("vulns" in one for one in report) else None


def objections(report: list[dict[str, Any]], accepted: list[dict[str, Any]], *, today: date) -> list[str]:
    """Return a line for each advisory that is not accepted."""
    until = {one["id"]: one["until"] for one in accepted if one["reason"]}
    lines = []
    for package in report:
        for advisory in package.get("vulns", []):
            names = [advisory["id"], *advisory.get("aliases", [])]
            ends = [until[name] for name in names if name in until]
            if ends and max(ends) >= today:
                continue
            fixed = ", ".join(advisory.get("fix_versions", [])) or "no version"
            why = f"was accepted until {max(ends)}" if ends else "is not accepted"
            lines.append(
                f"{package['name']} {package['version']}: {names[0]} {why}; fixed in {fixed}: "
                f"make lock UPGRADE='--upgrade-package {package['name']}', or give a reason in {ACCEPTED.name}"
            )
    return lines


if __name__ == "__main__":
    sys.exit(main())
