import { typeOf } from '../value/types.ts';
import { GoInt, type Meter, unmetered, type Value } from '../value/values.ts';
import { type Layout, plainLayout } from './layout.ts';
import { printArg, printPlain } from './print-value.ts';

/** Widths, precisions and argument numbers beyond this are refused by Go, too. */
const TOO_LARGE = 1_000_000;

/** fmt.Sprintf, with its marks for what does not fit: `%!d(string=hi)`, `%!d(MISSING)`, `%!(EXTRA int=1)`. */
export function sprintf(format: string, args: readonly Value[], meter: Meter = unmetered): string {
  return new Printer(format, args, meter).print();
}

/** fmt.Sprint: a space between operands when neither is a string. */
export function sprint(args: readonly Value[], meter: Meter = unmetered): string {
  let out = '';
  args.forEach((arg, index) => {
    const previous = args[index - 1];
    if (index > 0 && typeof arg !== 'string' && typeof previous !== 'string') out += ' ';
    out += printPlain(arg, meter);
  });
  return out;
}

/** fmt.Sprintln: a space between operands, and a line end. */
export function sprintln(args: readonly Value[], meter: Meter = unmetered): string {
  return `${args.map((arg) => printPlain(arg, meter)).join(' ')}\n`;
}

/** One run over a format (fmt, doPrintf). */
class Printer {
  readonly #format: string;
  readonly #args: readonly Value[];
  readonly #meter: Meter;
  #at = 0;
  #arg = 0;
  #out = '';
  #isReordered = false;
  #isGoodArg = true;
  #isAfterIndex = false;

  constructor(format: string, args: readonly Value[], meter: Meter) {
    this.#format = format;
    this.#args = args;
    this.#meter = meter;
  }

  print(): string {
    for (;;) {
      const percent = this.#format.indexOf('%', this.#at);
      this.#out += this.#format.slice(this.#at, percent < 0 ? undefined : percent);
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#verb();
    }
    return this.#out + this.#extra();
  }

  #verb(): void {
    const layout = plainLayout(this.#meter);
    this.#isGoodArg = true;
    this.#isAfterIndex = false;
    this.#flags(layout);
    this.#index();
    this.#width(layout);
    this.#precision(layout);
    if (!this.#isAfterIndex) this.#index();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#out += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    this.#out += this.#operand(verb, layout);
  }

  #operand(verb: string, layout: Layout): string {
    if (verb === '%') return '%';
    if (!this.#isGoodArg) return `%!${verb}(BADINDEX)`;
    if (this.#arg >= this.#args.length) return `%!${verb}(MISSING)`;
    if (verb === 'v' || verb === 'w') {
      layout.sharpV = layout.sharp;
      layout.plusV = layout.plus;
      layout.sharp = false;
      layout.plus = false;
    }
    const arg = this.#args[this.#arg++];
    return printArg(arg, verb, layout);
  }

  #flags(layout: Layout): void {
    for (; ; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          layout.sharp = true;
          break;
        case '0':
          layout.zero = true;
          break;
        case '+':
          layout.plus = true;
          break;
        case '-':
          layout.minus = true;
          break;
        case ' ':
          layout.space = true;
          break;
        default:
          return;
      }
    }
  }

  #width(layout: Layout): void {
    if (this.#format[this.#at] === '*') {
      this.#at++;
      layout.width = this.#intArg();
      if (layout.width === undefined) this.#out += '%!(BADWIDTH)';
      else if (layout.width < 0) {
        layout.width = -layout.width;
        layout.minus = true;
        layout.zero = false;
      }
      this.#isAfterIndex = false;
      return;
    }
    layout.width = this.#number();
    if (this.#isAfterIndex && layout.width !== undefined) this.#isGoodArg = false;
  }

  #precision(layout: Layout): void {
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return;
    this.#at++;
    if (this.#isAfterIndex) this.#isGoodArg = false;
    this.#index();
    if (this.#format[this.#at] !== '*') {
      layout.precision = this.#number() ?? 0;
      return;
    }
    this.#at++;
    const wanted = this.#intArg();
    if (wanted !== undefined && wanted >= 0) layout.precision = wanted;
    else this.#out += '%!(BADPREC)';
    this.#isAfterIndex = false;
  }

  /** `[2]`: the next operand is the second. */
  #index(): void {
    if (this.#format[this.#at] !== '[') {
      this.#isAfterIndex = false;
      return;
    }
    this.#isReordered = true;
    const end = this.#format.indexOf(']', this.#at);
    if (end < 0) {
      this.#isGoodArg = false;
      this.#isAfterIndex = false;
      this.#at++;
      return;
    }
    const text = this.#format.slice(this.#at + 1, end);
    const wanted = /^[0-9]{1,6}$/.test(text) ? Number(text) : undefined;
    this.#at = end + 1;
    this.#isAfterIndex = wanted !== undefined;
    if (wanted !== undefined && wanted >= 1 && wanted <= this.#args.length) this.#arg = wanted - 1;
    else this.#isGoodArg = false;
  }

  #number(): number | undefined {
    const digits = /^[0-9]+/.exec(this.#format.slice(this.#at, this.#at + 16))?.[0];
    if (digits === undefined) return undefined;
    const value = Number(digits);
    if (value > TOO_LARGE) {
      this.#at = this.#format.length;
      return undefined;
    }
    this.#at += digits.length;
    return value;
  }

  #intArg(): number | undefined {
    const arg = this.#args[this.#arg];
    if (this.#arg < this.#args.length) this.#arg++;
    if (!(arg instanceof GoInt)) return undefined;
    const value = Number(arg.value);
    return Math.abs(value) > TOO_LARGE ? undefined : value;
  }

  #extra(): string {
    if (this.#isReordered || this.#arg >= this.#args.length) return '';
    const shown = this.#args
      .slice(this.#arg)
      .map((arg) => (arg === undefined || arg === null ? '<nil>' : `${typeOf(arg)}=${printPlain(arg, this.#meter)}`));
    return `%!(EXTRA ${shown.join(', ')})`;
  }
}
