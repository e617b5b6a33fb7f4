"""NATS: links that come back by themselves, streams, buckets, heartbeats, events. It decides nothing."""
