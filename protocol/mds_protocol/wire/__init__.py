"""What goes over NATS: subjects, ticks and their identity, and the messages between gateway and operator.

Every message is a frozen msgspec struct with a version; a decoder refuses what it does not know and names the
path to the bad value. Nothing here opens a connection.
"""
