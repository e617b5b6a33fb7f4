// The page of one dashboard: /d/<uid>?var-…&from=…&to=…&refresh=…, as Grafana's.
import { createTheme, dateMath, DashboardCursorSync, EventBusSrv, rangeUtil, ThemeContext } from '@grafana/data';
import type { TimeRange } from '@grafana/data';
import { GlobalStyles, PanelChrome, PanelContextProvider } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { Dashboard, Panel } from './model';
import { Content, prepare, registerOptions, type Honoured, type Shown } from './panels';
import { askLabelValues, chooseStep, queryMarks, queryPanel, type Drawn } from './prometheus';
import { buildParameters, buildTimeParameters, choose, Filler, type Chosen, type Offered } from './variables';

const CELL = 30; // Grafana's grid: rows of 30 pixels, gaps of 8, 24 columns
const GAP = 8;
const THEME = createTheme({ colors: { mode: 'dark' } });
const BUS = new EventBusSrv();
const address = new URLSearchParams(location.search);

declare global {
  interface Window {
    /** What `draw` waits for. */
    preview: { done: boolean; errors: string[] };
  }
}
window.preview = { done: false, errors: [] };

interface Load {
  dashboard: Dashboard;
  range: TimeRange;
  filler: Filler;
  chosen: Chosen;
  offered: Offered[];
  panels: Array<Omit<Shown, 'width' | 'height'> & { error?: string }>;
}

function readRange({ time }: Dashboard): TimeRange {
  const now = Number(address.get('at') ?? Date.now());
  const raw = { from: address.get('from') ?? time.from, to: address.get('to') ?? time.to };
  const read = (text: string) => {
    const at = /^\d+$/.test(text) ? new Date(Number(text)) : text;
    const found = dateMath.toDateTime(at, { now: new Date(now) });
    if (!found?.isValid()) {
      throw new Error(`${text} is no time; write now-3h, milliseconds or 2026-11-25T09:00:00Z`);
    }
    return found;
  };
  return { from: read(raw.from), to: read(raw.to), raw };
}

async function load(): Promise<Load> {
  const uid = location.pathname.split('/').at(-1) ?? '';
  const answer = await fetch(`/dashboards/${uid}`);
  const { dashboard, unhonoured, honoured } = (await answer.json()) as { dashboard: Dashboard; unhonoured: string[]; honoured: Honoured };
  registerOptions(honoured);
  const range = readRange(dashboard);
  const ask = (query: string, filler: Filler) => askLabelValues(filler.fill(query, undefined, 'query'), range);
  const { chosen, offered } = await choose(dashboard, address, ask);
  const filler = new Filler(dashboard.templating.list, chosen, { __url_time_range: buildTimeParameters(range) });
  const marks = await Promise.all(dashboard.annotations.list.map((each) => queryMarks(each, filler, chooseStep(range, innerWidth))));
  const panels = await Promise.all(dashboard.panels.map((each) => loadPanel(each, dashboard, range, filler, marks.flat())));
  window.preview.errors = [...unhonoured, ...panels.flatMap(({ panel, error }) => (error ? [`${panel.title}: ${error}`] : []))];
  return { dashboard, range, filler, chosen, offered, panels };
}

type Loaded = Load['panels'][number];

async function loadPanel(panel: Panel, dashboard: Dashboard, range: TimeRange, filler: Filler, marks: Drawn[]): Promise<Loaded> {
  const span = chooseStep(range, panel.maxDataPoints ?? Math.round((innerWidth * panel.gridPos.w) / 24));
  const zone = dashboard.timezone;
  const shown = { panel, marks, filler, span, zone, theme: THEME, sync: dashboard.graphTooltip as DashboardCursorSync };
  try {
    return { ...shown, frames: await prepare(panel, await queryPanel(panel.targets ?? [], filler, span), filler, zone, THEME) };
  } catch (error) {
    return { ...shown, frames: [], error: String(error) };
  }
}

function Page() {
  const [loaded, setLoaded] = useState<Load>();
  const [failure, setFailure] = useState('');
  useEffect(() => {
    const again = () => load().then(setLoaded, (error: unknown) => setFailure(String(error)));
    void again();
    const refresh = address.get('refresh');
    const timer = refresh ? setInterval(() => void again(), rangeUtil.intervalToMs(refresh)) : undefined;
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    window.preview.errors.push(...(failure ? [failure] : []));
    // Two frames later the canvases are drawn.
    requestAnimationFrame(() => requestAnimationFrame(() => (window.preview.done = Boolean(loaded ?? failure))));
  }, [loaded, failure]);
  if (!loaded) {
    return <div className="failure">{failure}</div>;
  }
  const bottom = Math.max(...loaded.panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  return (
    <>
      <Head {...loaded} />
      {window.preview.errors.map((each) => <div className="failure" key={each}>{each}</div>)}
      <div className="grid" style={{ height: bottom * (CELL + GAP) }}>
        {loaded.panels.map((each, at) => <Placed key={`${at} ${loaded.range.to.valueOf()}`} {...each} />)}
      </div>
    </>
  );
}

function Head({ dashboard, range, filler, chosen, offered }: Load) {
  const move = (name: string, values: string[]) =>
    location.assign(`?${buildParameters({ ...chosen, [name]: values })}&${buildTimeParameters(range)}`);
  return (
    <header>
      <h1>{dashboard.title}</h1>
      {offered.filter(({ variable }) => variable.hide === 0).map(({ variable, values }) => (
        <label key={variable.name}>
          {variable.label}
          <select multiple={false} value={chosen[variable.name]?.[0]} onChange={(event) => move(variable.name, [event.target.value])}>
            {[...new Set([...values, ...(chosen[variable.name] ?? [])])].map((each) => (
              <option key={each} value={each}>{each === '$__all' ? 'All' : each}</option>
            ))}
          </select>
        </label>
      ))}
      <span className="time">{`${range.raw.from} to ${range.raw.to}, ${dashboard.timezone}`}</span>
      {dashboard.links.map(({ title, url, tooltip, keepTime }) => (
        <a key={title} title={tooltip} href={filler.fill(url) + (keepTime ? `&${buildTimeParameters(range)}` : '')}>{title}</a>
      ))}
    </header>
  );
}

function Placed({ error, ...shown }: Loaded) {
  const { panel: { gridPos, title, description, type }, sync } = shown;
  const column = (innerWidth - 2 * GAP + GAP) / 24;
  const [width, height] = [gridPos.w * column - GAP, gridPos.h * (CELL + GAP) - GAP];
  const style = { left: GAP + gridPos.x * column, top: gridPos.y * (CELL + GAP), width, height };
  const context = { eventsScope: '__global_', eventBus: BUS, sync: () => sync };
  return (
    <section style={style} data-type={type}>
      {type === 'row' ? <h2>{title}</h2> : (
        <PanelContextProvider value={context}>
          <PanelChrome title={shown.filler.fill(title)} description={description} width={width} height={height} padding="md" statusMessage={error}>
            {(inner, tall) => (error ? <div className="failure">{error}</div> : <Content {...shown} width={inner} height={tall} />)}
          </PanelChrome>
        </PanelContextProvider>
      )}
    </section>
  );
}

createRoot(document.getElementById('root')!).render(
  <ThemeContext.Provider value={THEME}>
    <GlobalStyles />
    <Page />
  </ThemeContext.Provider>,
);
