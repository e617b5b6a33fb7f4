"""The data plane: one process per account, from the broker's front to NATS.

`domain` decides and knows no I/O, `ports` names what the service needs, `adapters` talk to the broker, to
NATS and to whoever asks over HTTP, `service` joins them. Reading order: domain, ports, service, adapters.
"""
