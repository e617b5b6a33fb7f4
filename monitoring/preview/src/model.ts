// A dashboard as far as the preview draws it; honoured.py names everything else as an error.
import type { FieldConfigSource } from '@grafana/data';

export type Target = { refId: string; expr: string; legendFormat: string; instant: boolean; format?: 'table' };
export type Panel = {
  type: string; title: string; description?: string; gridPos: { x: number; y: number; w: number; h: number };
  maxDataPoints?: number; targets?: Target[]; transformations?: Array<{ id: string; options: unknown }>;
  fieldConfig: FieldConfigSource; options: Record<string, unknown>;
};
export type Variable = {
  name: string; label: string; type: 'query' | 'datasource' | 'constant'; hide: number; multi: boolean; includeAll: boolean;
  allValue?: string; query: string | { query: string };
};
export type Mark = { name: string; iconColor: string; target: Target; titleFormat: string; textFormat: string };
export type Dashboard = {
  uid: string; title: string; timezone: string; time: { from: string; to: string }; graphTooltip: number; panels: Panel[];
  links: Array<{ title: string; url: string; tooltip: string; keepTime: boolean }>;
  templating: { list: Variable[] }; annotations: { list: Mark[] };
};
