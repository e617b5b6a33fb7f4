"""Where the gateway meets the world. Adapters do I/O and decide nothing."""
