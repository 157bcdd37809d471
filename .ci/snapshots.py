"""Every kept snapshot is still asked for: by a test, or by the mutant it belongs to.

Usage: snapshots.py REFERENCES, where insta wrote the snapshots it compared (one path a line).
"""

import subprocess
import sys
from pathlib import Path


def main(references: Path) -> int:
    compared = {Path(line).resolve() for line in references.read_text().splitlines() if line}
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.snap", "*.snap.new"], check=True, capture_output=True, text=True
    ).stdout
    kept = [Path(name) for name in tracked.split("\0") if name]
    stale = []
    for snapshot in kept:
        if snapshot.suffix == ".new":
            stale.append(f"{snapshot}: not yet accepted or refused")
        elif snapshot.parent.name == "said" and snapshot.parts[0] == "graders":
            # What a learner with one planted bug is told; tests/proof compares it.
            variants = snapshot.parent.parent
            name = snapshot.stem + ".patch"
            if not any((variants / kind / name).exists() for kind in ("mutants", "manners")):
                stale.append(f"{snapshot}: there is no such mutant")
        elif snapshot.resolve() not in compared:
            stale.append(f"{snapshot}: no test compares it")
    for line in stale:
        print(line)
    print(f"{len(kept)} snapshots, {len(stale)} stale")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
