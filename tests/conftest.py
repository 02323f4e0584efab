"""What the tests run on, said at the head of every report."""

import platform

import torch


def pytest_report_header() -> list[str]:
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA device, CPU only"
    return [f"chuviet: Python {platform.python_version()}, torch {torch.__version__}, {cuda}"]
