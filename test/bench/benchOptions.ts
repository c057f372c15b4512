/** Reads `--name value` and `--flag` arguments. Throws, with the names that there are, for any other. */
export function benchOptions<T extends Readonly<Record<string, string | boolean>>>(
  args: readonly string[],
  defaults: T,
): { [Name in keyof T]: T[Name] extends boolean ? boolean : string } {
  const options: Record<string, string | boolean> = { ...defaults };
  for (let place = 0; place < args.length; place++) {
    const name = (args[place] as string).replace(/^--/, '');
    if (!args[place]?.startsWith('--') || !Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).map((one) => `--${one}`);
      throw new Error(`There is no argument ${args[place]}: use ${known.join(', ')}.`);
    }
    if (typeof defaults[name] === 'boolean') options[name] = true;
    else {
      const value = args[++place];
      if (value === undefined) throw new Error(`Write a value after --${name}.`);
      options[name] = value;
    }
  }
  return options as { [Name in keyof T]: T[Name] extends boolean ? boolean : string };
}

export function wholeNumber(text: string, name: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`Write --${name} and a whole number from 1 on.`);
  return number;
}

/** `8` is 0 … 7, `8-15` is 8 … 15. */
export function numberRange(text: string, name: string): number[] {
  const [first, last] = text.includes('-') ? text.split('-').map(Number) : [0, wholeNumber(text, name) - 1];
  if (!Number.isInteger(first) || !Number.isInteger(last) || (first as number) > (last as number)) {
    throw new Error(`Write --${name} with a count (8) or a range (8-15).`);
  }
  return Array.from({ length: (last as number) - (first as number) + 1 }, (_, index) => (first as number) + index);
}
