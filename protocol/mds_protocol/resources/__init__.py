"""FeedAccount and FeedSubscription: what a person writes and what the operator answers.

The Pydantic models here are the single source: the CRDs in `crds/` and the field docs are generated from
them. Nothing here talks to a cluster.
"""
