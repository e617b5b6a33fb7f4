// A dashboard as far as the preview draws it. What is not named here is an error (see honoured.ts).
import type { FieldConfigSource } from '@grafana/data';

export interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
  instant: boolean;
  format?: 'table';
}
export interface Panel {
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  maxDataPoints?: number;
  targets?: Target[];
  transformations?: Array<{ id: string; options: unknown }>;
  fieldConfig: FieldConfigSource;
  // Their shape depends on the type of the panel; honoured.ts has the values that may stand in them.
  options: Record<string, unknown>;
}
export interface Variable {
  name: string;
  label: string;
  type: 'query' | 'datasource' | 'constant';
  hide: number;
  multi: boolean;
  includeAll: boolean;
  allValue?: string;
  query: string | { query: string };
}
export interface Mark {
  name: string;
  iconColor: string;
  target: Target;
  titleFormat: string;
  textFormat: string;
}
export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  timezone: string;
  refresh: string;
  time: { from: string; to: string };
  graphTooltip: number;
  links: Array<{ title: string; url: string; tooltip: string; keepTime: boolean }>;
  templating: { list: Variable[] };
  annotations: { list: Mark[] };
  panels: Panel[];
}
