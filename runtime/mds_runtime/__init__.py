"""What every process of ours does alike: how it logs, is configured, reaches NATS and shows its health.

Above `protocol`, below everything else. Nothing here knows what a process is for. It runs on Python 3.12 and
on any system; `nats` and `http` are extras of the distribution and imported nowhere else in it.
"""
