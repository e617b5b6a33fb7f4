"""Makes what is missing in the cache, two builds at a time, with one list that says how far it is.

    jobs       what may start now: pure            estimates   how long it will take yet: pure
    wording    what the person reads: pure         crew        the threads that do it

It knows neither Go nor images: those who make things describe theirs as tasks.
"""

from mds_devcluster.preparing.crew import Task, carry_out
from mds_devcluster.preparing.jobs import Job, Kind

__all__ = ["Job", "Kind", "Task", "carry_out"]
