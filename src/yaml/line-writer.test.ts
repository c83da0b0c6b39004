import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineWriter } from './line-writer.ts';

describe('LineWriter', () => {
  it('knows the line that it is in', () => {
    const out = new LineWriter();
    out.add('a: |\n  b\n');
    assert.equal(out.line, '');
    out.newline(2);
    out.add('c');
    assert.equal(out.line, '  c');
    out.chop(1);
    assert.equal(out.line, '  ');
    out.add('d\ne');
    assert.equal(out.line, 'e');
    assert.equal(out.text(), 'a: |\n  b\n  d\ne\n');
  });

  it('ends with one line break', () => {
    const empty = new LineWriter();
    assert.equal(empty.text(), '\n');
    const whole = new LineWriter();
    whole.add('a\n');
    whole.newline(0);
    assert.equal(whole.text(), 'a\n');
  });
});
