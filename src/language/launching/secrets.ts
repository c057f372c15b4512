const NAME =
  /(^|[_-])(api[_-]?key|key|token|secret|secrets|password|passwd|pass|pwd|passphrase|credential|credentials|auth|authorization|cookie|dsn|pat)([_-]?(id|value|file)?$|[_-]\d{0,3}$)|apikey|accesskey|secretkey/i;
/** A tokenizer's tokens and keys of a dictionary are no secrets. */
const PLAIN = /^-{0,2}(max|num|min|n|pad|eos|bos|unk|sep|cls|mask|new|special|sort|group|text|label|metric|data)[_-]/i;
const VALUE =
  /^(sk-[\w-]{16,}|hf_\w{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{8,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)$|:\/\/[^\s/:@]{0,200}:[^\s/@]{1,200}@|^[0-9a-f]{40}$|-----BEGIN /;

/** Whether a variable or option holds a secret, by its name or by the form of its value: it must not go into a file. */
export function isSecret(name: string, value: string): boolean {
  return (NAME.test(name) && !PLAIN.test(name) && value !== '') || VALUE.test(value);
}

/** Arguments without those that hold secrets, and what these are called. */
export function withoutSecrets(args: readonly string[]): { readonly args: string[]; readonly secrets: string[] } {
  const kept: string[] = [];
  const secrets: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    const [flag = '', ...rest] = word.split('=');
    const next = args[at + 1];
    const isFlag = word.startsWith('-');
    if (rest.length > 0 && isSecret(flag.replace(/^-+/, ''), rest.join('='))) secrets.push(flag);
    else if (
      isFlag &&
      rest.length === 0 &&
      next !== undefined &&
      !next.startsWith('-') &&
      isSecret(word.replace(/^-+/, ''), next)
    ) {
      secrets.push(word);
      at++;
    } else if (!isFlag && isSecret('', word)) secrets.push('…');
    else kept.push(word);
  }
  return { args: kept, secrets };
}

/** Variables without those that hold secrets. */
export function publicVariables(env: Readonly<Record<string, string>>): {
  readonly env: Record<string, string>;
  readonly secrets: string[];
} {
  const entries = Object.entries(env);
  return {
    env: Object.fromEntries(entries.filter(([name, value]) => !isSecret(name, value))),
    secrets: entries.filter(([name, value]) => isSecret(name, value)).map(([name]) => name),
  };
}
