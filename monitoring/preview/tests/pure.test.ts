import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataFrame, dateTime, FieldType } from '@grafana/data';
import { chooseStep, fillCells } from '../src/told';

const range = { from: dateTime(0), to: dateTime(3_600_000), raw: { from: 'now-1h', to: 'now' } };

test('a step is never finer than a scrape, and coarser where there is less room', () => {
  assert.equal(chooseStep(range, 1000), 15_000);
  assert.equal(chooseStep(range, 60), 60_000);
});

test('there are never more points than Prometheus answers with', () => {
  assert.equal(chooseStep({ ...range, from: dateTime(3_600_000 - 15_000 * 22_000) }, 1_000_000), 30_000);
});

const frame = createDataFrame({
  fields: [{ name: 'name', type: FieldType.string, values: ['a', 'b'], config: { displayName: 'Name' } }],
});
const row = { __dataContext: { value: { data: [frame], frame, field: frame.fields[0]!, rowIndex: 1 } } };

test('a cell is put into a link by the name of its field or what it is shown as', () => {
  assert.equal(fillCells('/d/x?a=${__data.fields.name}&b=${__data.fields.Name}', row), '/d/x?a=b&b=b');
});

test('a column that is not there is an error', () => {
  assert.throws(() => fillCells('${__data.fields.nme}', row), /nme\} names no column/);
});
