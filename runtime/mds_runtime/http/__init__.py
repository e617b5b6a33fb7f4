"""What a process shows over HTTP. `health` needs the extra `http`."""
