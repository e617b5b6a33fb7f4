"""Draws the committed dashboards without a Grafana server, by Grafana's own libraries in a browser.

A developer's tool: nothing of it is installed with mds.
"""
