import { pino } from 'pino';
import { errorMessage } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';

/** The levels of `--log-level`, least talkative last. */
export const logLevels = ['trace', 'debug', 'info', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logEncodings = ['json', 'console'] as const;
export type LogEncoding = (typeof logEncodings)[number];

type Fields = Readonly<Record<string, unknown>>;

/** One level of a {@link Logger}: fields first, as pino has it. An Error under `error` is written as its message. */
export interface LogFunction {
  (fields: Fields, message: string): void;
  (message: string): void;
}

/** A structured log with Flux's keys. A pino logger is one. */
export interface Logger {
  readonly trace: LogFunction;
  readonly debug: LogFunction;
  readonly info: LogFunction;
  readonly error: LogFunction;
  child(fields: Fields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly encoding: LogEncoding;
  /** Where lines go; default is standard error, as Flux does. */
  readonly stream?: { write(line: string): void };
}

/**
 * A log as Flux's controllers write it (fluxcd/pkg runtime/logger): `level`, `ts` (ISO 8601), `msg`, `error`, then
 * the fields. Credentials in URLs, headers and tokens are masked in every line, whatever field they are in.
 */
export function createLogger({ level, encoding, stream }: LoggerOptions): Logger {
  const sink = stream ?? pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      errorKey: 'error',
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorField },
      hooks: { streamWrite: redact },
    },
    encoding === 'json' ? sink : { write: (line: string) => sink.write(consoleLine(line)) },
  ) as unknown as Logger;
}

/** A log that says nothing, for tests and one-shot commands. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  error() {},
  child: () => silentLogger,
};

/** The message of an error and of what caused it, each once. */
function errorField(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const messages: string[] = [];
  for (
    let at: unknown = error;
    at !== undefined && messages.length < 5;
    at = at instanceof Error ? at.cause : undefined
  ) {
    const message = errorMessage(at);
    if (!messages.some((known) => known.includes(message))) messages.push(message);
  }
  return messages.join(': ');
}

/** zap's console encoding: time, level, message and the fields as JSON, separated by tabs. */
function consoleLine(line: string): string {
  const { level, ts, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.keys(fields).length === 0 ? [] : [JSON.stringify(fields)];
  return `${[ts, String(level).toUpperCase(), msg, ...rest].join('\t')}\n`;
}
