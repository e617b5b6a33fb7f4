"""The dashboards: what is shown of the figures. `building.build_dashboards` has them all."""
