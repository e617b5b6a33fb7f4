// State timeline and status history, which Grafana's libraries do not export: rows of boxes on their uPlot builder.
import { formattedValueToString, getFieldDisplayName, outerJoinDataFrames } from '@grafana/data';
import type { DisplayValue, Field, GrafanaTheme2 } from '@grafana/data';
import { AxisPlacement, LegendDisplayMode, ScaleDirection, ScaleOrientation, UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import { measureText, VizLayout, VizLegend } from '@grafana/ui';
import type { AlignedData } from 'uplot';
import type uPlot from 'uplot';
import { addMarks, type Shown } from './panels';

interface Options {
  showValue: 'never' | 'auto';
  rowHeight: number;
  perPage: number;
  colWidth?: number;
  mergeValues?: boolean;
  legend: { showLegend: boolean; placement: 'bottom' };
}
interface Box {
  from: number;
  to: number;
  shown: DisplayValue;
}

/** A box for each value, as wide as a step; of a timeline equal neighbours are one. */
export function listBoxes(field: Field, times: number[], stepMs: number, merge: boolean): Box[] {
  const boxes: Array<Box & { value: unknown }> = [];
  times.forEach((from, at) => {
    const value: unknown = field.values[at];
    const last = boxes.at(-1);
    if (value === null || value === undefined) {
      return;
    }
    if (merge && last?.value === value && last.to >= from) {
      last.to = from + stepMs;
    } else {
      boxes.push({ from, to: from + stepMs, value, shown: field.display!(value) });
    }
  });
  return boxes;
}

export function Timelines(shown: Shown) {
  const options = shown.panel.options as unknown as Options;
  const joined = outerJoinDataFrames({ frames: shown.frames })!;
  const [time, ...all] = joined.fields;
  const rows = all.slice(0, options.perPage);
  const boxes = rows.map((each) => listBoxes(each, time!.values, shown.stepMs, options.mergeValues === true));
  const builder = build(shown, rows.map((each) => getFieldDisplayName(each, joined, shown.frames)), boxes, options);
  const data = [time!.values, ...rows.map((_, row) => time!.values.map(() => row))] as AlignedData;
  const items = listLegend(all[0]!, boxes.flat(), shown.theme);
  const more = all.length > rows.length ? `${rows.length} of ${all.length} rows` : undefined;
  const legend = options.legend.showLegend ? (
    <VizLayout.Legend placement={options.legend.placement}>
      <VizLegend placement={options.legend.placement} items={items} displayMode={LegendDisplayMode.List} readonly />
      {more}
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={shown.width} height={shown.height} legend={legend}>
      {(width, height) => <UPlotChart config={builder} data={data} width={width} height={height} />}
    </VizLayout>
  );
}

function build(shown: Shown, names: string[], boxes: Box[][], options: Options): UPlotConfigBuilder {
  const { theme, range: { from, to }, zone } = shown;
  const builder = new UPlotConfigBuilder(zone);
  const range = (): [number, number] => [from.valueOf(), to.valueOf()];
  builder.addScale({ scaleKey: 'x', isTime: true, orientation: ScaleOrientation.Horizontal, direction: ScaleDirection.Right, range });
  builder.addScale({
    scaleKey: 'y', orientation: ScaleOrientation.Vertical, direction: ScaleDirection.Down,
    range: () => [-0.5, names.length - 0.5],
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone: zone, theme });
  builder.addAxis({
    scaleKey: 'y', placement: AxisPlacement.Left, theme, grid: { show: false }, ticks: { show: false },
    splits: () => names.map((_, row) => row), values: () => names,
    size: Math.min(shown.width / 3, Math.max(...names.map((name) => measureText(name, 12).width)) + 18),
  });
  names.forEach(() =>
    builder.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, pointsBuilder: () => false, lineColor: 'transparent' }));
  builder.setCursor({ sync: { key: '__global_' }, y: false, points: { show: false }, drag: { x: false, y: false } });
  builder.addHook('draw', (plot) => boxes.forEach((each, row) => each.forEach((box) => drawBox(plot, box, row, shown, options))));
  addMarks(builder, shown.marks, theme);
  builder.addHook('setCursor', (plot) => {
    const [at, row] = [plot.posToVal(plot.cursor.left ?? -1, 'x'), Math.round(plot.posToVal(plot.cursor.top ?? -1, 'y'))];
    const box = boxes[row]?.find(({ from, to }) => from <= at && at < to);
    plot.over.title ||= box ? `${names[row]}: ${formattedValueToString(box.shown)}` : '';
  });
  return builder;
}

function drawBox(plot: uPlot, box: Box, row: number, { panel, theme, range }: Shown, options: Options): void {
  const { fillOpacity, lineWidth } = panel.fieldConfig.defaults.custom as { fillOpacity: number; lineWidth: number };
  const [left, right] = [plot.valToPos(box.from, 'x', true), plot.valToPos(Math.min(box.to, range.to.valueOf()), 'x', true)];
  const [top, bottom] = [-1, 1].map((side) => plot.valToPos(row + (side * options.rowHeight) / 2, 'y', true)) as [number, number];
  const width = (right - left) * (options.colWidth ?? 1);
  const context = plot.ctx;
  context.save();
  context.beginPath();
  context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  context.clip();
  context.fillStyle = context.strokeStyle = box.shown.color ?? theme.colors.text.primary;
  context.globalAlpha = fillOpacity / 100;
  context.fillRect(left, top, width, bottom - top);
  context.globalAlpha = 1;
  if (lineWidth > 0) {
    context.lineWidth = lineWidth;
    context.strokeRect(left, top, width, bottom - top);
  }
  const text = formattedValueToString(box.shown);
  if (options.showValue === 'auto' && measureText(text, 12).width * devicePixelRatio + 4 < width) {
    context.fillStyle = theme.colors.text.primary;
    context.font = `${12 * devicePixelRatio}px ${theme.typography.fontFamily}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(text, left + width / 2, (top + bottom) / 2);
  }
  context.restore();
}

/** Several thresholds are named by where they begin, else the states that are seen by their texts. */
function listLegend(field: Field, boxes: Box[], theme: GrafanaTheme2) {
  const steps = field.config.thresholds?.steps ?? [];
  const named = steps.length > 1
    ? steps.map((step, at) => [at === 0 ? `< ${steps[1]!.value}` : `${step.value}+`, theme.visualization.getColorByName(step.color)] as const)
    : [...new Map(boxes.map(({ shown }) => [formattedValueToString(shown), shown.color ?? '']))];
  return named.map(([label, color]) => ({ label, color, yAxis: 1 }));
}
