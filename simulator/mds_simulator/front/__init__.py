"""Fronts: what stands between the exchange and a library, and what can be made to go wrong there."""
