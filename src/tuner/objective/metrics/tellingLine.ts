/** The end of a stack trace of Node, which says nothing by itself. */
const TRACE_END = /^\s*(at .*|\d+: 0x[\da-f]+ .*|[})\]];?|[})\]]{2};?|Node\.js v.*)$/;
/** What went wrong, as Node writes it: before a stack trace, or where V8 gives up (out of memory). */
const ERROR = /^(?:Uncaught )?(?:(?:[A-Z]\w*)?(?:Error|Exception)\b[^:]*: |FATAL ERROR: )/;

/** Advice that Hydra, PyTorch and Rust end with, which is not what went wrong. */
const ADVICE = /^(?:Set the environment variable \w+=|note: run with `)/;

/** The line that says best why a program ended: the last, or the error that a stack trace at the end is of. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const last = (lines.findLast((line) => !ADVICE.test(line)) ?? lines.at(-1))?.trim();
  if (last === undefined || !TRACE_END.test(last)) return last;
  return lines.findLast((line) => ERROR.test(line))?.trim() ?? last;
}
