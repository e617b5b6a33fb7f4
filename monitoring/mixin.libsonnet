// Rules and dashboards of the chart, for users of jsonnet: prometheusAlerts, prometheusRules, grafanaDashboards.
//
//     (import 'mds/monitoring/mixin.libsonnet') { _config+:: { runbookUrl: 'https://…' } }
//
// Files and defaults are those of helm/mds, so vendor the whole repository, not this folder alone.
local values = std.parseYaml(importstr '../helm/mds/values.yaml');

{
  // As `alerts` of the chart's values: thresholds, slo, exclude, additionalLabels, runbookUrl, dashboardUrl.
  // And the namespace of the operator, which alerts about it and about NATS have.
  _config:: values.alerts { namespace: 'mds' },
  _files:: import 'files.libsonnet',

  local config = self._config,
  local rules = self._files.rules,
  local common = config.slo {
    runbookUrl: config.runbookUrl,
    dashboardUrl: config.dashboardUrl,
    namespace: config.namespace,
  },
  local settingsOf(name) = common + std.get(config.thresholds, name, {}),
  // std.toString writes 0.95 as 0.94999999999999996.
  local write(value) = if std.isNumber(value) then std.format('%.15g', value) else value,
  local fill(name) =
    local settings = settingsOf(name);
    local put(text, word) = std.strReplace(text, '@' + word + '@', write(settings[word]));
    std.parseYaml(std.foldl(put, std.objectFields(settings), rules[name])),
  local isAlert(rule) = std.objectHas(rule, 'alert'),
  local label(rule) = if isAlert(rule) then rule { labels: config.additionalLabels + super.labels } else rule,
  local groups = [
    fill(name) { rules: std.map(label, super.rules) }
    for name in std.objectFields(rules)
    if !std.member(config.exclude, name)
  ],
  local alerts(group) = std.any(std.map(isAlert, group.rules)),

  prometheusAlerts+:: { groups: std.filter(alerts, groups) },
  prometheusRules+:: { groups: std.filter(function(group) !alerts(group), groups) },
  // The variable that links to runbooks lead by.
  local setUrl(variable) =
    if variable.name == 'runbookUrl' then variable { query: config.runbookUrl } else variable,
  grafanaDashboards+:: std.mapWithKey(
    function(name, dashboard) dashboard { templating+: { list: std.map(setUrl, super.list) } },
    self._files.dashboards
  ),
}
