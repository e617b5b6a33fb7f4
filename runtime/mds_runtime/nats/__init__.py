"""NATS: where it is, how to get in, what its errors mean. Needs the extra `nats`, but for `addresses`."""
