// Prometheus' answers as Grafana's data frames.
import { createDataFrame, FieldType, rangeUtil } from '@grafana/data';
import type { DataFrame, Labels, TimeRange } from '@grafana/data';
import type { Mark, Target } from './model';
import type { Filler } from './variables';

const SCRAPE_MS = 15_000; // what Grafana takes for granted where a data source does not say
const MOST_POINTS = 11_000; // Prometheus refuses more
const MARK_STEP_MS = 60_000; // Grafana asks for annotations no finer

export interface Series {
  metric: Labels;
  values: Array<[number, string]>;
}
type Answer = { status: string; error?: string; data: unknown };

async function ask(path: string, parameters: Record<string, string>): Promise<unknown> {
  const answered = await fetch(`/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const answer = (await answered.json()) as Answer;
  if (answer.status !== 'success') {
    throw new Error(`Prometheus: ${answer.error}: ${parameters['query'] ?? path}`);
  }
  return answer.data;
}

export interface Span {
  range: TimeRange;
  stepMs: number;
}

/** The step of a panel that has so many points to show. */
export function chooseStep(range: TimeRange, points: number): Span {
  const { intervalMs } = rangeUtil.calculateInterval(range, points, `${SCRAPE_MS}ms`);
  return { range, stepMs: Math.max(intervalMs, Math.ceil((range.to.valueOf() - range.from.valueOf()) / MOST_POINTS)) };
}

export function nameSpans({ range, stepMs }: Span): Record<string, string> {
  return {
    __interval: `${stepMs / 1000}s`,
    __rate_interval: `${Math.max(stepMs + SCRAPE_MS, 4 * SCRAPE_MS) / 1000}s`,
    __range: `${Math.round((range.to.valueOf() - range.from.valueOf()) / 1000)}s`,
  };
}

async function query(target: Target, filler: Filler, span: Span): Promise<Series[]> {
  const expr = filler.with(nameSpans(span)).fill(target.expr, undefined, 'query');
  const seconds = (ms: number): string => String(ms / 1000);
  if (target.instant) {
    const { result } = (await ask('query', { query: expr, time: seconds(span.range.to.valueOf()) })) as {
      result: Array<{ metric: Labels; value: [number, string] }>;
    };
    return result.map(({ metric, value }) => ({ metric, values: [value] }));
  }
  const align = (ms: number): number => Math.floor(ms / span.stepMs) * span.stepMs;
  const found = (await ask('query_range', {
    query: expr,
    start: seconds(align(span.range.from.valueOf())),
    end: seconds(align(span.range.to.valueOf())),
    step: seconds(span.stepMs),
  })) as { result: Series[] };
  return found.result;
}

export async function queryPanel(targets: Target[], filler: Filler, span: Span): Promise<DataFrame[]> {
  const answers = await Promise.all(targets.map((each) => query(each, filler, span)));
  return targets.flatMap((target, at) => {
    const series = answers[at] ?? [];
    if (target.format === 'table') {
      return series.length === 0 ? [] : [buildTable(target, series, targets.length)];
    }
    return series.map((each) => buildSeries(target, each, span.stepMs));
  });
}

export function buildSeries(target: Target, { metric, values }: Series, stepMs: number): DataFrame {
  const name = nameSeries(target, metric);
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: values.map(([at]) => at * 1000), config: { interval: stepMs } },
      {
        name: 'Value',
        type: FieldType.number,
        labels: metric,
        values: values.map(([, value]) => parseValue(value)),
        config: name === undefined ? {} : { displayNameFromDS: name },
      },
    ],
  });
}

/** The name; none where Grafana is to make one of the labels by which series differ. */
function nameSeries(target: Target, metric: Labels): string | undefined {
  if (target.legendFormat === '__auto') {
    return Object.keys(metric).length === 0 ? target.expr : undefined;
  }
  return fillLabels(target.legendFormat, metric);
}

export function fillLabels(format: string, labels: Labels): string {
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
}

export function buildTable(target: Target, series: Series[], targets: number): DataFrame {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const texts = labels.map((name) => ({
    name, type: FieldType.string, values: series.map(({ metric }) => metric[name] ?? ''), config: { filterable: true },
  }));
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: series.map(({ values }) => (values[0]?.[0] ?? 0) * 1000) },
      ...texts,
      {
        name: targets > 1 ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: series.map(({ values }) => parseValue(values[0]?.[1] ?? 'NaN')),
      },
    ],
  });
}

function parseValue(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

/** The values of a label, of a variable's query. */
export async function askLabelValues(text: string, range: TimeRange): Promise<string[]> {
  const found = /^label_values\((.+),\s*(\w+)\)$/s.exec(text);
  if (!found) {
    throw new Error(`the preview knows label_values(…, label) alone, not ${text}`);
  }
  return (await ask(`label/${found[2]}/values`, {
    'match[]': found[1]!,
    start: String(range.from.valueOf() / 1000),
    end: String(range.to.valueOf() / 1000),
  })) as string[];
}

export interface Drawn {
  from: number;
  to: number;
  color: string;
  text: string;
}

export async function queryMarks(mark: Mark, filler: Filler, span: Span): Promise<Drawn[]> {
  const coarse = { range: span.range, stepMs: Math.max(span.stepMs, MARK_STEP_MS) };
  const found = await query({ ...mark.target, instant: false }, filler, coarse);
  return found.flatMap((each) => joinMarks(mark, each, coarse.stepMs));
}

/** Points that follow one another are one mark. */
export function joinMarks(mark: Mark, { metric, values }: Series, stepMs: number): Drawn[] {
  const text = `${fillLabels(mark.titleFormat, metric)} ${fillLabels(mark.textFormat, metric)}`;
  const marks: Drawn[] = [];
  for (const [seconds] of values) {
    const last = marks.at(-1);
    if (last && seconds * 1000 - last.to <= stepMs) {
      last.to = seconds * 1000;
    } else {
      marks.push({ from: seconds * 1000, to: seconds * 1000, color: mark.iconColor, text });
    }
  }
  return marks;
}
