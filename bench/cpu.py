"""Who uses the processor while something is measured."""

from collections import defaultdict
from pathlib import Path

import psutil

from filmgate.store.cluster import Cluster

CpuSeconds = dict[str, float]
"""CPU seconds since they were started, of all that works together here."""


def cpu_seconds(data: Path) -> CpuSeconds:
    """Of the clients (this process), the API processes, workers, the children that decode and label, and the Postgres
    of a data folder. What children that have ended took is counted as decoding.
    """
    seconds: defaultdict[str, float] = defaultdict(float, clients=_own(psutil.Process()))
    for process in psutil.Process().children(recursive=True):
        words = process.cmdline()
        if "api-process" in words:
            seconds["API"] += _own(process)
        elif "bench.worker" in words:
            seconds["worker"] += _own(process)
            seconds["decoding"] += _ended_children(process)
        elif "filmgate.media.child" in words:
            seconds["decoding"] += _own(process)
        elif "filmgate.media.labelling" in words:
            seconds["labelling"] += _own(process)
    postmaster = psutil.Process(Cluster(data / "postgres").process_id())
    seconds["Postgres"] = _own(postmaster) + _ended_children(postmaster) + sum(map(_own, postmaster.children()))
    return dict(seconds)


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _ended_children(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.children_user + times.children_system
