// What the server tells: the dashboard with variables put in, the answers of Prometheus as frames, and marks.
import { dateTime, formattedValueToString, getDisplayProcessor, getFieldDisplayName, rangeUtil } from '@grafana/data';
import type { FieldConfigSource, RawTimeRange, ScopedVars, TimeRange } from '@grafana/data';

const SCRAPE = '15s'; // what Grafana takes for granted where a data source does not say
const MOST_POINTS = 11_000; // Prometheus refuses more

/** As far as the preview draws it; honoured.py names everything else as an error. */
export type Panel = {
  type: string; title: string; description?: string; gridPos: { x: number; y: number; w: number; h: number };
  maxDataPoints?: number; targets?: unknown[]; transformations?: Array<{ id: string; options: unknown }>;
  fieldConfig: FieldConfigSource; options: Record<string, unknown>;
};
export type Mark = { at: number; color: string; text: string };
/** What honoured.py has. */
export type Honoured = { field: string[]; custom: string[]; transformations: string[] };
export type Told = {
  dashboard: {
    title: string; timezone: string; graphTooltip: number; panels: Panel[];
    links: Array<{ title: string; url: string; tooltip: string }>;
  };
  range: { from: number; to: number; raw: RawTimeRange };
  offered: Array<{ name: string; label: string; values: string[]; chosen: string }>;
  /** What is chosen, as parameters of a page; the same with the times that they mean, for what its panels ask. */
  choices: string; asked: string;
  unhonoured: string[]; honoured: Honoured;
};

export async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return (await answer.json()) as T;
}

export function readRange({ range }: Told): TimeRange {
  return { from: dateTime(range.from), to: dateTime(range.to), raw: range.raw };
}

/** The step of a panel that has so many points to show. */
export function chooseStep(range: TimeRange, points: number): number {
  const { intervalMs } = rangeUtil.calculateInterval(range, points, SCRAPE);
  return Math.max(intervalMs, Math.ceil((range.to.valueOf() - range.from.valueOf()) / MOST_POINTS));
}

/** Put the cells of a row into a link; all else is put in already. */
export function fillCells(text: string, scoped?: ScopedVars): string {
  return text.replace(/\$\{__data\.fields\.([^}]+)\}/g, (_, column: string) => {
    const row = scoped?.__dataContext?.value;
    const field = row?.frame.fields.find((each) => [each.name, getFieldDisplayName(each, row.frame)].includes(column));
    if (!field || row?.rowIndex === undefined) {
      throw new Error(`\${__data.fields.${column}} names no column`);
    }
    return formattedValueToString((field.display ?? getDisplayProcessor())(field.values[row.rowIndex]));
  });
}
