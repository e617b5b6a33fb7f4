// Variables: what is chosen, by the page's address, and how it is put into queries, titles and links.
import { getFieldDisplayName, getDisplayProcessor, formattedValueToString } from '@grafana/data';
import type { DataFrame, ScopedVars, TimeRange } from '@grafana/data';
import type { Dashboard, Variable } from './model';

const ALL = '$__all';
export type Chosen = Record<string, string[]>;

/** What is put into a text; queries get values as Prometheus' regular expressions where several may be chosen. */
export class Filler {
  constructor(
    private readonly variables: Variable[],
    private readonly chosen: Chosen,
    private readonly spans: Record<string, string> = {},
  ) {}

  with(spans: Record<string, string>): Filler {
    return new Filler(this.variables, this.chosen, { ...this.spans, ...spans });
  }

  /** Put values in; of a name that nobody defines an error, as Grafana would silently leave it. */
  readonly fill = (text: string, scoped?: ScopedVars, format?: unknown): string =>
    text.replace(/\$(?:(\w+)|\{([^}:]+)(?::(\w+))?\})/g, (_, plain?: string, braced?: string, as?: string) => {
      const name = plain ?? braced ?? '';
      if (name.startsWith('__data.fields.')) {
        return readCell(name.slice('__data.fields.'.length), scoped);
      }
      const span = this.spans[name];
      if (span !== undefined) {
        return span;
      }
      const variable = this.variables.find((each) => each.name === name);
      if (!variable) {
        throw new Error(`$${name} is no variable: in ${text}`);
      }
      const values = this.chosen[name] ?? [];
      if (as === 'queryparam') {
        return buildParameters({ [name]: values });
      }
      return format === 'query' ? asExpression(variable, values) : values.join(' + ');
    });
}

function readCell(column: string, scoped: ScopedVars | undefined): string {
  const { frame, rowIndex } = (scoped?.['__dataContext']?.value ?? {}) as { frame?: DataFrame; rowIndex?: number };
  const field = frame?.fields.find((each) => [each.name, getFieldDisplayName(each, frame)].includes(column));
  if (!field || rowIndex === undefined) {
    throw new Error(`\${__data.fields.${column}} names no column`);
  }
  return formattedValueToString((field.display ?? getDisplayProcessor())(field.values[rowIndex]));
}

function asExpression(variable: Variable, values: string[]): string {
  if (!variable.multi) {
    return (values[0] ?? '').replace(/[\\']/g, '\\$&');
  }
  if (values.includes(ALL)) {
    return variable.allValue ?? '.*';
  }
  const escaped = values.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\\\$&'));
  return escaped.length === 1 ? escaped[0]! : `(${escaped.join('|')})`;
}

export function buildParameters(chosen: Chosen): string {
  return Object.entries(chosen)
    .flatMap(([name, values]) => values.map((each) => `var-${name}=${encodeURIComponent(each)}`))
    .join('&');
}

type Ask = (query: string, filler: Filler) => Promise<string[]>;
export interface Offered {
  variable: Variable;
  values: string[];
}

/** Choose in order, as a variable may be asked for by the value of one before it. */
export async function choose(
  dashboard: Dashboard,
  address: URLSearchParams,
  ask: Ask,
): Promise<{ chosen: Chosen; offered: Offered[] }> {
  const chosen: Chosen = {};
  const offered: Offered[] = [];
  for (const variable of dashboard.templating.list) {
    const query = typeof variable.query === 'string' ? variable.query : variable.query.query;
    if (variable.type === 'query') {
      const values = (await ask(query, new Filler(dashboard.templating.list, chosen))).sort();
      const asked = address.getAll(`var-${variable.name}`);
      const first = variable.includeAll ? ALL : values[0];
      chosen[variable.name] = asked.length > 0 ? asked : first === undefined ? [] : [first];
      offered.push({ variable, values: variable.includeAll ? [ALL, ...values] : values });
    } else {
      chosen[variable.name] = address.getAll(`var-${variable.name}`).slice(0, 1);
      if (chosen[variable.name]!.length === 0) {
        chosen[variable.name] = [query];
      }
    }
  }
  return { chosen, offered };
}

export function buildTimeParameters(range: TimeRange): string {
  const write = (each: unknown): string => encodeURIComponent(typeof each === 'string' ? each : String(Number(each)));
  return `from=${write(range.raw.from)}&to=${write(range.raw.to)}`;
}
