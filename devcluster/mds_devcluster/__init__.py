"""A throwaway real Kubernetes for the demo and the tests, from pinned sources in the cache.

It knows nothing of mds: what it brings up is plain Kubernetes. It needs no package but the standard
library, so that it can run before anything is installed.
"""
