"""`/metrics`: every family of figures with its help, read when Prometheus asks.

The hot path keeps plain counters and no metric objects; most of what stands here is in the last heartbeat. A
module is a group of families, and stands in `collecting.GROUPS`; what they read is in `seen`. The table in
docs/gateway.md is this one.
"""

from mds_gateway.metrics.collecting import FAMILIES, HOPS, HOPS_TEXT, INFO, INFO_TEXT, GatewayMetrics
from mds_gateway.metrics.seen import PREFIX, Family, Seen, Tally

__all__ = [
    "FAMILIES",
    "HOPS",
    "HOPS_TEXT",
    "INFO",
    "INFO_TEXT",
    "PREFIX",
    "Family",
    "GatewayMetrics",
    "Seen",
    "Tally",
]
