import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldType, dateTime, type Field } from '@grafana/data';
import type { Dashboard, Mark, Target, Variable } from '../src/model';
import { buildSeries, buildTable, chooseStep, joinMarks, nameSpans, type Series } from '../src/prometheus';
import { choose, Filler } from '../src/variables';

const variable = (name: string, more: Partial<Variable> = {}): Variable =>
  ({ name, label: name, type: 'query', hide: 0, multi: false, includeAll: false, query: { query: name }, ...more });
const dashboard = (more: object): Dashboard =>
  ({ templating: { list: [] }, annotations: { list: [] }, panels: [], ...more }) as unknown as Dashboard;
const target: Target = { refId: 'A', expr: 'up', legendFormat: '{{pod}} of {{ job }}', instant: false };
const series: Series = { metric: { pod: 'p', job: 'j' }, values: [[15, '1'], [30, '+Inf']] };

test('several values are an expression, one that is chosen alone is itself', () => {
  const filler = new Filler([variable('one'), variable('many', { multi: true })], { one: ["a'b"], many: ['a.b', 'c'] });
  assert.equal(filler.fill('x{a="$one", b=~"$many"}', undefined, 'query'), `x{a="a\\'b", b=~"(a\\\\.b|c)"}`);
  assert.equal(filler.fill('?${many:queryparam}'), '?var-many=a.b&var-many=c');
});

test('all is what the variable says it is', () => {
  const filler = new Filler([variable('many', { multi: true, allValue: '.+' })], { many: ['$__all'] });
  assert.equal(filler.fill('$many', undefined, 'query'), '.+');
});

test('a name that is no variable is an error', () => {
  assert.throws(() => new Filler([], {}).fill('up{a="$nmespace"}'), /\$nmespace is no variable/);
});

test('a variable is asked for with what was chosen before it', async () => {
  const both = [variable('a'), variable('b', { query: { query: 'b{a="$a"}' } })];
  const ask = (query: string, filler: Filler) => Promise.resolve([filler.fill(query, undefined, 'query'), 'z']);
  const { chosen } = await choose(dashboard({ templating: { list: both } }), new URLSearchParams('var-a=x'), ask);
  assert.deepEqual(chosen, { a: ['x'], b: ['b{a="x"}'] });
});

test('a step is never finer than a scrape, a rate spans four of them', () => {
  const range = { from: dateTime(0), to: dateTime(3_600_000), raw: { from: 'now-1h', to: 'now' } };
  assert.deepEqual(nameSpans(chooseStep(range, 1000)), { __interval: '15s', __rate_interval: '60s', __range: '3600s' });
  assert.equal(nameSpans(chooseStep(range, 60)).__rate_interval, '75s');
});

test('a series is named by its labels, and its values are numbers', () => {
  const [time, value] = buildSeries(target, series, 15_000).fields as [Field, Field];
  assert.deepEqual([time.values, value.values], [[15_000, 30_000], [1, Infinity]]);
  assert.equal(value.config.displayNameFromDS, 'p of j');
});

test('a table has a column for each label, and names its value where others are beside it', () => {
  const names = (count: number) => buildTable(target, [series], count).fields.map(({ name, type }) => [name, type]);
  const labels = [['Time', FieldType.time], ['job', FieldType.string], ['pod', FieldType.string]];
  assert.deepEqual(names(1), [...labels, ['Value', FieldType.number]]);
  assert.deepEqual(names(2), [...labels, ['Value #A', FieldType.number]]);
});

test('points that follow one another are one mark', () => {
  const mark: Mark = { name: 'Moves', iconColor: 'blue', target, titleFormat: '{{pod}}', textFormat: 'in {{job}}' };
  const marks = joinMarks(mark, { ...series, values: [[60, '1'], [120, '1'], [300, '1']] }, 60_000);
  assert.deepEqual(marks.map(({ from, to, text }) => [from, to, text]), [[60_000, 120_000, 'p in j'], [300_000, 300_000, 'p in j']]);
});
