"""Who shall publish, and why: health, election, routes, fencing rules.

Pure decisions over frozen values, with `now` as an argument, used by operator and gateway alike. A decision
carries its reasons, also for doing nothing.
"""
