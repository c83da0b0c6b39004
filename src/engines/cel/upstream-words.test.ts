import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileExpr } from './cel.ts';

/** What may begin an operand, in the words of cel-go's grammar. */
const operand =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/**
 * Column and words of what notification-controller 1.9 says of a `resourceFilter`; of several errors the first.
 * `<operand>` stands for the list above.
 */
const recorded: readonly (readonly [string, string])[] = [
  ['(req.a == 1', "12: Syntax error: missing ')' at '<EOF>'"],
  ['size(req.a == 1', "16: Syntax error: missing ')' at '<EOF>'"],
  ['req.a && ', "10: Syntax error: mismatched input '<EOF>' expecting <operand>"],
  ['&& req.a', "1: Syntax error: extraneous input '&&' expecting <operand>"],
  ['req.a ? 1', "10: Syntax error: mismatched input '<EOF>' expecting ':'"],
  ['req.a ? true :', "15: Syntax error: mismatched input '<EOF>' expecting <operand>"],
  ['foo.bar == 1', "1: undeclared reference to 'foo' (in container '')"],
  ['req.a ==== 1', "9: Syntax error: extraneous input '==' expecting <operand>"],
  ['nofunc(req.a)', "7: undeclared reference to 'nofunc' (in container '')"],
  ['req.a.nofunc()', "13: undeclared reference to 'nofunc' (in container '')"],
  ['req.a == 1 && ', "15: Syntax error: mismatched input '<EOF>' expecting <operand>"],
  ['[1, 2', "6: Syntax error: mismatched input '<EOF>' expecting {']', ','}"],
  ["[1,'a'].size() == 2", "4: expected type 'int' but found 'string'"],
  ['req.all(x, x.y', "15: Syntax error: missing ')' at '<EOF>'"],
  ['has(req)', '5: invalid argument to has() macro'],
  ['req.a in', "9: Syntax error: mismatched input '<EOF>' expecting <operand>"],
  ['size(1) == 1', "5: found no matching overload for 'size' applied to '(int)'"],
  ['req.a == 1)', "11: Syntax error: extraneous input ')' expecting <EOF>"],
  ["{'a': 1", "8: Syntax error: mismatched input '<EOF>' expecting {'}', ','}"],
  ['}', "1: Syntax error: mismatched input '}' expecting <operand>"],
  ['req.a == 1 || (', "16: Syntax error: mismatched input '<EOF>' expecting <operand>"],
  ["req.a matches 'x'", "7: Syntax error: mismatched input 'matches' expecting <EOF>"],
  ['"abc', "1: Syntax error: token recognition error at: '\"abc'"],
  ['req.1', "4: Syntax error: extraneous input '.1' expecting <EOF>"],
  ['1.a', "2: type 'int' does not support field selection"],
  ['req.exists(x, x', "16: Syntax error: missing ')' at '<EOF>'"],
  ['req.a == @', "10: Syntax error: token recognition error at: '@'"],
  ["req['a'", "8: Syntax error: missing ']' at '<EOF>'"],
  ['req.a == #x', "10: Syntax error: token recognition error at: '#'"],
  ['req.', "5: Syntax error: no viable alternative at input '.'"],
  ['req.a..b', "7: Syntax error: no viable alternative at input '..'"],
  ['req.a == 1 1', "12: Syntax error: extraneous input '1' expecting <EOF>"],
  ['req.a = 1', "7: Syntax error: token recognition error at: '= '"],
  ["req.a == 'x", "10: Syntax error: token recognition error at: ''x'"],
];

describe('what is wrong with an expression', () => {
  for (const [text, says] of recorded) {
    it(`is told as upstream tells it: ${text}`, () => {
      const message = `failed to parse the CEL expression '${text}': ERROR: <input>:1:${says.replace('<operand>', operand)}\n`;
      assert.throws(
        () => compileExpr(text, ['res', 'req']),
        (error) => error instanceof Error && error.message.startsWith(message),
      );
    });
  }
});
