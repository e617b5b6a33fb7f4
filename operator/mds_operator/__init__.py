"""The control plane: a FeedAccount becomes a gateway pod, a FeedSubscription a route.

`domain` decides and `manifests` builds, both without I/O; `adapters` talk to Kubernetes and NATS; `reconcile`
joins them; `handlers` feeds it what kopf's watches bring. Reading order: domain/seen, reconcile, adapters.
"""
