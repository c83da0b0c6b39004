/**
 * `node tools/precompile.ts MODULE EXPORT ARGUMENT` makes of a compiled module one that starts at once: joined with all
 * that it imports (tools/link.ts), and with the code that V8 has made of the functions that ran when EXPORT was called
 * with the ARGUMENT (JSON) and answered true. The module becomes a small one that loads both. V8 checks that the code is its own version's, and
 * compiles anew where it is not. It has a process of its own because the function may set flags of V8.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { link } from './link.ts';

const [file, name, argument] = process.argv.slice(2);
if (file === undefined || name === undefined || argument === undefined)
  throw new Error('usage: node tools/precompile.ts MODULE EXPORT ARGUMENT');
const base = file.replace(/\.js$/, '');
const text = link(file);
const script = new Script(text, { filename: `${base}.script` });
const exported: Readonly<Record<string, (argument: unknown) => unknown>> = script.runInThisContext()(
  createRequire(file),
);
if (exported[name]?.(JSON.parse(argument)) !== true) throw new Error(`${name} did not do what is to be compiled`);
// The flags are part of what V8 checks: they are to be those of a process that begins.
for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
writeFileSync(`${base}.script`, text);
writeFileSync(`${base}.code`, script.createCachedData());
writeFileSync(
  file,
  // An import of node:fs would load all that hangs on it.
  `const { readFileSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const { Script } = process.getBuiltinModule('node:vm');
const base = import.meta.filename.slice(0, -'.js'.length);
const filename = \`\${base}.script\`;
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData: readFileSync(\`\${base}.code\`) });
export const { ${Object.keys(exported).join(', ')} } = script.runInThisContext()(createRequire(filename));
`,
);
