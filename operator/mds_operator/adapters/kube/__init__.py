"""The Kubernetes API: few requests, raw JSON in and out, and errors that a caller can decide by."""
