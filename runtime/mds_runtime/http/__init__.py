"""What a process shows over HTTP. `health` and `figures` need the extra `http`."""
