// Which options the preview draws. Everything else is found and named: a picture must not lie by leaving out.
import type { Dashboard } from './model';

const ANY = 'any';
type Allowed = typeof ANY | readonly unknown[];
type Honoured = Record<string, Allowed>;

// Standard options of a field first, then those of Grafana's TimeSeries, of its table, and of the timelines.
export const FIELD_OPTIONS = ['unit', 'noValue', 'thresholds', 'mappings', 'links', 'color'] as const;
export const CUSTOM_OPTIONS = [
  'axisSoftMax', 'axisSoftMin', 'drawStyle', 'fillOpacity', 'lineInterpolation', 'lineWidth', 'showPoints', 'spanNulls',
  'stacking', 'align', 'cellOptions',
] as const;
export const TRANSFORMATIONS = ['merge', 'filterFieldsByName', 'organize'] as const;

const DASHBOARD: Honoured = {
  uid: ANY, title: ANY, description: ANY, tags: ANY, timezone: ANY, refresh: ANY, schemaVersion: [42],
  'time.from': ANY, 'time.to': ANY, weekStart: ANY, fiscalYearStartMonth: [0], editable: [false], graphTooltip: [0, 1, 2],
  'links[].title': ANY, 'links[].url': ANY, 'links[].tooltip': ANY, 'links[].keepTime': ANY, 'links[].type': ['link'],
  'links[].icon': ['dashboard'], 'links[].asDropdown': [false], 'links[].includeVars': [false], 'links[].targetBlank': [false],
};
const VARIABLE: Honoured = {
  name: ANY, label: ANY, description: ANY, type: ['query', 'datasource', 'constant'], query: ANY, datasource: ANY,
  hide: [0, 2], multi: ANY, includeAll: ANY, allValue: ANY, sort: [1], refresh: [2], allowCustomValue: [true],
  // Of variables of other types: the library writes them always.
  auto: [false], auto_count: ANY, auto_min: ANY, skipUrlSync: [false],
};
const MARK: Honoured = {
  name: ANY, iconColor: ANY, datasource: ANY, target: ANY, titleFormat: ANY, textFormat: ANY, expr: ANY, tagKeys: ANY,
  enable: [true], hide: [false], builtIn: [0],
};
const PANEL: Honoured = {
  id: ANY, type: ['timeseries', 'stat', 'table', 'state-timeline', 'status-history', 'row'], title: ANY, description: ANY,
  gridPos: ANY, datasource: ANY, transparent: [false], repeatDirection: ['h'], maxDataPoints: ANY,
  'targets[].refId': ANY, 'targets[].expr': ANY, 'targets[].legendFormat': ANY, 'targets[].datasource': ANY,
  'targets[].instant': ANY, 'targets[].range': ANY, 'targets[].editorMode': ANY, 'targets[].format': ['table'],
  'transformations[].id': TRANSFORMATIONS, 'transformations[].options': ANY,
  'fieldConfig.overrides[].matcher.id': ['byName'], 'fieldConfig.overrides[].matcher.options': ANY,
  'fieldConfig.overrides[].properties[].id': [...FIELD_OPTIONS, 'custom.cellOptions'],
  'fieldConfig.overrides[].properties[].value': ANY,
  ...Object.fromEntries(FIELD_OPTIONS.map((name) => [`fieldConfig.defaults.${name}`, ANY])),
};
const LEGEND: Honoured = {
  'options.legend.showLegend': ANY, 'options.legend.displayMode': ['list', 'table'], 'options.legend.placement': ['bottom'],
  'options.legend.calcs': ANY,
};
const TIMELINE: Honoured = {
  ...LEGEND, 'options.legend.displayMode': ['list'], 'options.showValue': ['never', 'auto'], 'options.rowHeight': ANY,
  'options.perPage': ANY, 'options.tooltip.mode': ['single'], 'options.tooltip.sort': ANY,
  'fieldConfig.defaults.custom.fillOpacity': ANY, 'fieldConfig.defaults.custom.lineWidth': ANY,
};
const OF_TYPE: Record<string, Honoured> = {
  row: { collapsed: [false] },
  timeseries: {
    ...LEGEND, 'options.tooltip.mode': ['multi', 'single', 'none'], 'options.tooltip.sort': ANY,
    ...Object.fromEntries(CUSTOM_OPTIONS.map((name) => [`fieldConfig.defaults.custom.${name}`, ANY])),
    'fieldConfig.defaults.custom.align': [], 'fieldConfig.defaults.custom.cellOptions': [],
  },
  stat: {
    'options.graphMode': ['none'], 'options.colorMode': ANY, 'options.justifyMode': ANY, 'options.textMode': ANY,
    'options.orientation': ANY, 'options.wideLayout': ANY, 'options.reduceOptions.calcs': ANY,
    'options.showPercentChange': [false], 'options.percentChangeColorMode': ['standard'],
  },
  table: {
    'options.showHeader': ANY, 'options.cellHeight': ANY, 'options.frameIndex': [0], 'options.showTypeIcons': [false],
    'options.footer.show': [false], 'options.footer.countRows': [false],
    'fieldConfig.defaults.custom.align': ['auto'], 'fieldConfig.defaults.custom.inspect': [false],
  },
  'state-timeline': { ...TIMELINE, 'options.mergeValues': [true], 'options.alignValue': ['left'] },
  'status-history': { ...TIMELINE, 'options.colWidth': ANY },
};

/** Where the dashboard asks for what is not drawn, each as a sentence. */
export function listUnhonoured(dashboard: Dashboard): string[] {
  const { panels, templating, annotations, ...rest } = dashboard;
  return [
    ...walk(rest, DASHBOARD, ''),
    ...templating.list.flatMap((each) => walk(each, VARIABLE, '', `variable ${each.name}, `)),
    ...annotations.list.flatMap((each) => walk(each, MARK, '', `annotation ${each.name}, `)),
    ...panels.flatMap((each) =>
      walk(each, { ...PANEL, ...OF_TYPE[each.type] }, '', `panel ${JSON.stringify(each.title)}, `)),
  ];
}

function walk(value: unknown, honoured: Honoured, path: string, of = ''): string[] {
  const allowed = honoured[path];
  if (allowed === ANY) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((each) => walk(each, honoured, `${path}[]`, of));
  }
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([name, each]) => walk(each, honoured, path ? `${path}.${name}` : name, of));
  }
  if (allowed?.includes(value)) {
    return [];
  }
  return [`${of}${path}: the preview does not draw ${JSON.stringify(value)}`];
}
