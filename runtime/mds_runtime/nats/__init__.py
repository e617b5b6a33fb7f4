"""NATS: where it is, how to get in, what its errors mean, how a stream or a key of a bucket is followed.

What speaks to a server needs the extra `nats`; `addresses`, `delivery`, `revision` and `stored` do not.
"""
