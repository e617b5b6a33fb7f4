"""Every alert under its real fault, on a real cluster: pending, firing, received and resolved, and when."""
