"""What a process takes; imports nothing that would be measured along."""

import os
import resource
from pathlib import Path


def memory_of(pid: int | None = None) -> float:
    """Resident memory of a process in MB."""
    return _line(pid or os.getpid(), "VmRSS")


def peak_of_family(helpers: int) -> float:
    """Peak of this process and, for each of its `helpers`, of the largest that ended, in MB. (Its own is not taken from
    getrusage, which begins with the peak of whoever started it.)"""
    return _line(os.getpid(), "VmHWM") + helpers * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _line(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(name))) / 1024
