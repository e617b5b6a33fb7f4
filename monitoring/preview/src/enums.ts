// Writes the values of the enums that dashboards use, as Grafana's library exports them.
import * as schema from '@grafana/schema';

const NAMES = [
  'BigValueColorMode', 'BigValueGraphMode', 'BigValueJustifyMode', 'BigValueTextMode', 'GraphDrawStyle', 'LegendDisplayMode',
  'LineInterpolation', 'SortOrder', 'StackingMode', 'TableCellDisplayMode', 'TableCellHeight', 'TooltipDisplayMode',
  'VisibilityMode', 'FieldColorModeId', 'ThresholdsMode', 'MappingType', 'VariableHide', 'VariableRefresh', 'VariableSort',
  'DashboardCursorSync', 'VizOrientation', 'PercentChangeColorMode',
] as const;
const found = schema as unknown as Record<string, Record<string, unknown> | undefined>;
const values = (name: string) => Object.values(found[name] ?? { '': 'MISSING' });
console.log(JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, values(name)])), null, 2));
