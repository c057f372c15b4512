/** The subcommand that trains, by its name; the first one where none says so. */
export function trainingSubcommand(names: readonly string[]): string | null {
  return names.find((name) => /train|fit|tune|run/i.test(name)) ?? names[0] ?? null;
}
