"""NATS: the raw connection that carries ticks, and nats-py for everything that is not hot."""
