"""What the tests run on, said at the head of every report."""

import os
import platform

if "PYTEST_XDIST_WORKER" in os.environ:  # processes share the cores: one thread each, and in what they start
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch


def pytest_report_header() -> list[str]:
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA device, CPU only"
    return [f"chuviet: Python {platform.python_version()}, torch {torch.__version__}, {cuda}"]
