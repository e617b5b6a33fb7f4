"""What a kubelet and a Prometheus ask over HTTP."""
