"""What the parts of mds agree on: resources, wire contract, failover decisions, readiness.

Pure: no I/O, no clock, no framework. Operator, gateway, client and CLI import this and never each other.
"""
