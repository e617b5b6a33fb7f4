"""`make try`: the whole data path on one machine, with a failover to watch.

Belongs here: starting the parts, standing in for the operator, counting, showing. What a part does itself
does not: the gateways, the simulator and NATS are the real programs, started as anybody would start them.
"""
