// Every file that the mixin reads, since jsonnet lists no folder; tests/unit/chart renews it.
{
  rules: {
  },
  dashboards: {
  },
}
