"""The outside world: the Kubernetes API, NATS, the Lease, HTTP. They carry out and decide nothing."""
