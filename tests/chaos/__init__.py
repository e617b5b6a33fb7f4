"""The fault matrix on a real cluster: each kind of fault, many times, and what a consumer saw of it."""
