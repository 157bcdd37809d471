"""Finds processes that CI started and that are still there.

Usage: left_running.py MARK. What CI starts carries MARK in its environment, or works or lies below
it. Processes on their way out get a few seconds: the condition is looked at until it holds.
"""

import os
import sys
import time
from pathlib import Path

PATIENCE_S = 5.0


def marked(mark: str) -> dict[int, str]:
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            environment = (folder / "environ").read_bytes()
            places = [os.readlink(folder / link) for link in ("cwd", "exe")]
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # gone meanwhile, or not ours to read
        if mark.encode() in environment or any(place.startswith(mark) for place in places):
            found[int(folder.name)] = words.strip() or folder.name
    return found


def main(mark: str) -> int:
    if not Path("/proc/self/environ").exists():
        print("skipped: this system has no /proc to look into")
        return 0
    until = time.monotonic() + PATIENCE_S
    while (left := marked(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid, words in sorted(left.items()):
        print(f"still running: {words} (pid {pid})")
    print(f"{len(left)} processes left running")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
