"""`/metrics` of the operator: a file per group of figures, all of them listed in `groups`.

A group is a part, what one scrape reads, and a table of families that say how. A new one takes its file
here, its line in `groups.GROUPS`, and the function that fills its part in `mds_operator/looking`.
"""
