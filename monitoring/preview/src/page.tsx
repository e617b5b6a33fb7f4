// The page of one dashboard: /d/<uid>?var-…&from=…&to=…&refresh=…, as Grafana's.
import { createTheme, dataFrameFromJSON, DashboardCursorSync, EventBusSrv, rangeUtil, ThemeContext } from '@grafana/data';
import type { DataFrameJSON } from '@grafana/data';
import { GlobalStyles, PanelChrome, PanelContextProvider } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Content, prepare, registerOptions, type Shown } from './panels';
import { ask, chooseStep, readRange, type Mark, type Told } from './told';

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

type Loaded = Omit<Shown, 'width' | 'height'> & { error?: string };
type Load = Told & { panels: Loaded[] };

async function load(): Promise<Load> {
  const uid = location.pathname.split('/').at(-1)!;
  const told = await ask<Told>(`/dashboards/${uid}${location.search}`);
  const { dashboard, asked } = told;
  registerOptions(told.honoured);
  const range = readRange(told);
  const marks = await ask<Mark[]>(`/marks/${uid}?${asked}&step=${chooseStep(range, innerWidth)}`);
  const panels = dashboard.panels.map(async (panel, place): Promise<Loaded> => {
    const stepMs = chooseStep(range, panel.maxDataPoints ?? Math.round((innerWidth * panel.gridPos.w) / 24));
    const sync = dashboard.graphTooltip as DashboardCursorSync;
    const shown = { panel, marks, range, stepMs, sync, zone: dashboard.timezone, theme: THEME, frames: [] };
    try {
      const found = panel.targets ? await ask<DataFrameJSON[]>(`/panels/${uid}/${place}?${asked}&step=${stepMs}`) : [];
      return { ...shown, frames: await prepare(shown, found.map(dataFrameFromJSON)) };
    } catch (error) {
      return { ...shown, error: String(error) };
    }
  });
  return { ...told, panels: await Promise.all(panels) };
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
    const undrawn = loaded?.panels.flatMap(({ panel, error }) => (error ? [`${panel.title}: ${error}`] : [])) ?? [];
    window.preview.errors = [...(loaded?.unhonoured ?? []), ...undrawn, ...(failure ? [failure] : [])];
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
        {loaded.panels.map((each, at) => <Placed key={`${at} ${loaded.range.to}`} {...each} />)}
      </div>
    </>
  );
}

function Head({ dashboard, range, offered, choices }: Load) {
  const move = (name: string, value: string) => {
    const next = new URLSearchParams(choices);
    next.set(`var-${name}`, value);
    location.search = String(next);
  };
  return (
    <header>
      <h1>{dashboard.title}</h1>
      {offered.map(({ name, label, values, chosen }) => (
        <label key={name}>
          {label}
          <select value={chosen} onChange={(event) => move(name, event.target.value)}>
            {values.map((each) => <option key={each} value={each}>{each === '$__all' ? 'All' : each}</option>)}
          </select>
        </label>
      ))}
      <span className="time">{`${range.raw.from} to ${range.raw.to}, ${dashboard.timezone}`}</span>
      {dashboard.links.map(({ title, url, tooltip }) => <a key={title} title={tooltip} href={url}>{title}</a>)}
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
          <PanelChrome title={title} description={description} width={width} height={height} padding="md" statusMessage={error}>
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
