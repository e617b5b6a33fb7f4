"""Objects for the API server, as data: a resource in, a dict out."""
