"""Prometheus, Alertmanager and the Prometheus Operator in a running cluster, as kube-prometheus brings them.

    flavours       what tells the two distributions apart: data
    objects, operator, prometheus, alertmanager     manifests: pure
    starting       gives a cluster the images and the objects, and waits
    commands       the command `monitoring`

The programs are the real ones, of modules/; the manifests are ours, written from what the distributions do.
"""

from mds_devcluster.monitoring.flavours import Flavour
from mds_devcluster.monitoring.starting import Stack, bring_up, define, remove

__all__ = ["Flavour", "Stack", "bring_up", "define", "remove"]
