"""A simulated CTP front: one exchange, several fronts, libraries to load in the vendor's place.

`exchange` is pure and knows no front. `front` serves it over TCP and holds the faults. `control` is the
HTTP port. `native` builds the two shared libraries. `wire` is what fronts and libraries agree on.
"""
