"""What one scrape sees: a function per group of figures that fills its part from memory, without I/O.

All are listed in `looks`; what they fill is in `mds_operator/adapters/metrics`.
"""
