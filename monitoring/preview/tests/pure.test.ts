import assert from 'node:assert/strict';
import { test } from 'node:test';
test('nothing yet', () => assert.ok(true));
