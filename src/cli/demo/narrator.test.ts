import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Narrator } from './narrator.ts';

/** What is told, with the times replaced. */
function telling(): { narrator: Narrator; told: () => string } {
  const parts: string[] = [];
  const narrator = new Narrator({ write: (text) => parts.push(text) });
  return { narrator, told: () => parts.join('').replaceAll(/ *\d+\.\ds/g, ' T') };
}

describe('Narrator', () => {
  it('numbers steps and gives their results', async () => {
    const { narrator, told } = telling();
    assert.equal(await narrator.step('Begin', async () => 7), 7);
    await narrator.step('Go on', async () => narrator.line('first\nsecond'));
    assert.equal(told(), '\n1. Begin\n T  done in T\n\n2. Go on\n T  first\n            second\n T  done in T\n');
  });

  it('sets explanations and tables off with one empty line', () => {
    const { narrator, told } = telling();
    narrator.explain('why');
    narrator.block('a\n\nb\n');
    narrator.explain('and');
    assert.equal(told(), '\n  why\n\n      a\n\n      b\n\n  and\n');
  });

  it('names the step that failed', async () => {
    const { narrator } = telling();
    const failing = narrator.step('Break', () => Promise.reject(new Error('no port')));
    await assert.rejects(failing, { name: 'DemoError', message: 'step 1 (Break): no port' });
  });

  it('lets an interruption be one', async () => {
    const { narrator } = telling();
    const interrupted = new DOMException('interrupted', 'AbortError');
    await assert.rejects(
      narrator.step('Wait', () => Promise.reject(interrupted)),
      (error) => error === interrupted,
    );
  });
});
