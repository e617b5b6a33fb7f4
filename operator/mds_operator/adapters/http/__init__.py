"""What the operator shows over HTTP, and what it asks of gateways."""
