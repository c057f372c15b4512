/** The subcommand that trains, by its name; the first one where none says so. */
export function trainingSubcommand(names: readonly string[]): string | null {
  const says = [/^(train|fit|tune|run)$/i, /^(train|fit|tune|run)/i, /train|fit|tune|run/i, /^main$/i];
  for (const wanted of says) {
    const found = names.find((name) => wanted.test(name));
    if (found !== undefined) return found;
  }
  return names[0] ?? null;
}
