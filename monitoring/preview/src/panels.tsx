// Each kind of panel, by Grafana's own parts.
import {
  applyFieldOverrides, cacheFieldDisplayNames, FieldConfigOptionsRegistry, getDisplayValueAlignmentFactors, getFieldDisplayValues, standardTransformers,
  standardTransformersRegistry, transformDataFrame, VizOrientation, dataLinksOverrideProcessor, identityOverrideProcessor,
  thresholdsOverrideProcessor, valueMappingsOverrideProcessor, DashboardCursorSync, FieldType,
} from '@grafana/data';
import type { DataFrame, FieldConfigPropertyItem, FieldDisplay, GrafanaTheme2, TimeRange } from '@grafana/data';
import type { SortOrder, TableCellHeight, TooltipDisplayMode, VizLegendOptions } from '@grafana/schema';
import { BigValue, TimeSeries, TooltipPlugin, UPlotConfigBuilder, VizRepeater } from '@grafana/ui';
import type { BigValueColorMode, BigValueGraphMode, BigValueJustifyMode, BigValueTextMode } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { firstValueFrom } from 'rxjs';
import { Timelines } from './timelines';
import { fillCells, type Honoured, type Mark, type Panel } from './told';

export interface Shown {
  panel: Panel;
  frames: DataFrame[];
  marks: Mark[];
  range: TimeRange;
  stepMs: number;
  zone: string;
  theme: GrafanaTheme2;
  sync: DashboardCursorSync;
  width: number;
  height: number;
}

const PROCESSORS: Record<string, FieldConfigPropertyItem['process']> = {
  thresholds: thresholdsOverrideProcessor, mappings: valueMappingsOverrideProcessor, links: dataLinksOverrideProcessor,
};
let registry = new FieldConfigOptionsRegistry();
const noEditor = () => null;

export function registerOptions({ field, custom, transformations }: Honoured): void {
  registry = new FieldConfigOptionsRegistry(() =>
    [...field, ...custom.map((name) => `custom.${name}`)].map((id) => ({
      id, path: id.replace('custom.', ''), name: id, isCustom: id.startsWith('custom.'), shouldApply: () => true,
      process: PROCESSORS[id] ?? identityOverrideProcessor, editor: noEditor, override: noEditor,
    })));
  standardTransformersRegistry.setInit(() =>
    Object.values(standardTransformers).filter(({ id }) => transformations.includes(id)).map((each) => ({
      id: each.id, name: each.name, transformation: () => Promise.resolve(each), editor: noEditor, imageDark: '', imageLight: '',
    })));
}

/** Transformations first, then what the fields are to look like: as Grafana does. */
export async function prepare({ panel, zone, theme }: Pick<Shown, 'panel' | 'zone' | 'theme'>, found: DataFrame[]): Promise<DataFrame[]> {
  const data = await firstValueFrom(transformDataFrame(panel.transformations ?? [], found));
  const made = applyFieldOverrides({
    data, theme, fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry, timeZone: zone, replaceVariables: fillCells,
  });
  cacheFieldDisplayNames(made);
  return made;
}

export function Content(shown: Shown) {
  if (shown.panel.type !== 'stat' && shown.frames.every(({ length }) => length === 0)) {
    return <div className="empty">{shown.panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;
  }
  switch (shown.panel.type) {
    case 'timeseries':
      return <Graph {...shown} />;
    case 'stat':
      return <Stat {...shown} />;
    case 'table':
      return <Rows {...shown} />;
    default:
      return <Timelines {...shown} />;
  }
}

function Graph({ panel, frames, marks, range, zone, theme, sync, width, height }: Shown) {
  const { legend, tooltip } = panel.options as { legend: VizLegendOptions; tooltip: { mode: TooltipDisplayMode; sort: SortOrder } };
  const marked = new WeakSet<UPlotConfigBuilder>();
  return (
    <TimeSeries frames={frames.map(dropInfinite)} timeRange={range} timeZone={zone} legend={legend} width={width} height={height}>
      {(builder, aligned) => {
        if (!marked.has(builder)) {
          marked.add(builder);
          addMarks(builder, marks, theme);
        }
        return (
          <TooltipPlugin
            config={builder} data={aligned} frames={frames} mode={tooltip.mode} sortOrder={tooltip.sort} timeZone={zone} sync={() => sync}
          />
        );
      }}
    </TimeSeries>
  );
}

/** A line with a foot at the axis, as Grafana's. */
export function addMarks(builder: UPlotConfigBuilder, marks: Mark[], theme: GrafanaTheme2): void {
  builder.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    for (const { at, color } of marks) {
      const x = Math.round(plot.valToPos(at, 'x', true));
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = theme.visualization.getColorByName(color);
      ctx.lineWidth = 2;
      ctx.setLineDash([5, 5]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x - 5, bbox.top + bbox.height + 6);
      ctx.lineTo(x + 5, bbox.top + bbox.height + 6);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.fill();
      ctx.restore();
    }
  });
  builder.addHook('setCursor', (plot) => {
    const near = marks.find(({ at }) => Math.abs(plot.valToPos(at, 'x') - (plot.cursor.left ?? -100)) < 5);
    plot.over.title = near?.text ?? '';
  });
}

function dropInfinite(frame: DataFrame): DataFrame {
  const finite = (value: unknown): unknown => (typeof value === 'number' && !Number.isFinite(value) ? null : value);
  return { ...frame, fields: frame.fields.map((each) => (each.type === FieldType.number ? { ...each, values: each.values.map(finite) } : each)) };
}

function Stat({ panel, frames, zone, theme, width, height }: Shown) {
  const options = panel.options as {
    colorMode: BigValueColorMode; graphMode: BigValueGraphMode; justifyMode: BigValueJustifyMode; textMode: BigValueTextMode;
    orientation: VizOrientation; wideLayout: boolean; reduceOptions: { calcs: string[] };
  };
  const getValues = (): FieldDisplay[] =>
    getFieldDisplayValues({
      data: frames, theme, fieldConfig: panel.fieldConfig, reduceOptions: options.reduceOptions, timeZone: zone, replaceVariables: fillCells,
    });
  return (
    <VizRepeater
      getValues={getValues} getAlignmentFactors={getDisplayValueAlignmentFactors} source={frames} renderCounter={0} autoGrid itemSpacing={3}
      orientation={options.orientation} width={width} height={height}
      renderValue={({ value, alignmentFactors, count, ...size }) => (
        <BigValue
          {...size} value={value.display} count={count} alignmentFactors={alignmentFactors} theme={theme} colorMode={options.colorMode}
          graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={options.textMode} disableWideLayout={!options.wideLayout}
        />
      )}
    />
  );
}

function Rows({ panel, frames, range, width, height }: Shown) {
  const options = panel.options as { showHeader: boolean; cellHeight: TableCellHeight; frameIndex: number };
  return (
    <TableNG
      data={frames[options.frameIndex]!} width={width} height={height} noHeader={!options.showHeader} cellHeight={options.cellHeight}
      timeRange={range} fieldConfig={panel.fieldConfig} noValue={panel.fieldConfig.defaults.noValue}
    />
  );
}
