/** Nouns that sentences count, in their plural. */
const COUNTED =
  'trials|studies|members|steps|epochs|curves|parameters|values|generations|objectives|takeovers|times|workers|nodes|jobs|files';
const PLACE = new RegExp(`\\{(\\d+)\\}(?: (${COUNTED})\\b)?`, 'g');

/**
 * Fills the places `{0}`, `{1}` … of a sentence in; a place without a value stays as it is. One of something that is counted
 * is told in the singular, as English has it: `{0} trials` of 1 is `1 trial`.
 */
export function fillPlaces(sentence: string, values: readonly (string | number)[]): string {
  return sentence.replace(PLACE, (whole, index: string, plural: string | undefined) => {
    const value = values[Number(index)];
    if (value === undefined) return whole;
    return plural === undefined ? String(value) : `${value} ${String(value) === '1' ? singular(plural) : plural}`;
  });
}

/** `trials` → `trial`, `studies` → `study`. */
function singular(plural: string): string {
  return plural.replace(/ies$/, 'y').replace(/s$/, '');
}
