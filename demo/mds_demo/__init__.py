"""`make demo`: the whole product on a real Kubernetes, and what three faults cost.

Belongs here: bringing it there, breaking it, counting, showing. What mds does itself does not: operator,
gateways and NATS are the images that the chart installs, asked with kubectl and a NATS client, as by anybody.
"""
