"""Faults survived: damaged files, files of strangers, killed processes, full disks. Each row of docs/reliability.md is
one command, such as ``python benchmarks/faults.py images --count 10000 --seed 1``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from faulty import campaign, disk, kills
from faulty.cases import LISTED
from faulty.jobs import jobs
from faulty.seeds import MAKERS


def interrupted(kind: str, args: argparse.Namespace) -> int:
    """Kills jobs, or gives them no room; returns how many faults were found."""
    bad = 0
    for name in args.jobs or jobs():
        start = time.monotonic()
        if kind == "kill":
            found = kills.run(name, args.count, args.seed)
            said, faults = f"killed {found.killed} times, {found.finished} runs to the end", found.faults
        else:
            said, faults = disk.run(name, args.seed)
        print(f"{kind} {name}: {said}; {len(faults)} faults; {time.monotonic() - start:.0f} s in all", flush=True)
        for what in faults[:20]:
            print(f"  {what}")
        bad += len(faults)
    return bad


def main(argv: list[str] | None = None) -> int:
    """0 where nothing was found, 1 where something was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=[*MAKERS, *LISTED],
                        help="images pdfs labels onnx safetensors strangers bombs kill disk")  # fmt: skip
    parser.add_argument("--count", type=int, default=300, help="cases of each kind (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first case (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    parser.add_argument("--jobs", nargs="+", help="of kill and disk: folds read export gendata train (all)")
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.worker:
        kind, *numbers, folder = args.worker
        campaign.work(kind, *map(int, numbers), Path(folder))
        return 0
    bad = 0
    for kind in args.kinds:
        if kind in ("kill", "disk"):
            bad += interrupted(kind, args)
            continue
        start = time.monotonic()
        found = campaign.run(kind, args.seed, args.first, args.count)
        counts = {n: found.counts[n] for n in ("read", "refused", "fault")}
        print(
            f"{kind}: {sum(counts.values())} cases: {', '.join(f'{n} {c}' for n, c in counts.items())}; slowest "
            f"{found.slowest[0]:.1f} s of processor time (case {found.slowest[1]}); memory "
            f"{found.memory} MB; {time.monotonic() - start:.0f} s in all",
            flush=True,
        )
        for number, what in found.faults[:200]:
            print(f"  case {number}: {found.names[number] if found.names else ''} {what}")
        bad += len(found.faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
