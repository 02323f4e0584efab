"""The campaign of faults that `benchmarks/faults.py` runs: damaged files, killed processes, full disks."""
