"""The HTTP control port: `http` speaks HTTP/1.1, `api` knows what can be asked."""
