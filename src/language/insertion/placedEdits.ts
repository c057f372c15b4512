import type { BestTrial } from '../../protocol/editor.ts';
import { holdsValue } from '../literals.ts';
import { findSite } from '../sites/findSite.ts';
import { listSites } from '../sites/listSites.ts';
import { printValue } from '../sites/printValue.ts';
import type { PlannedEdits } from './bestParamsEdits.ts';

/** Where a study file says that parameters stand, by parameter: a path in this document, or null for another file. */
export type Placed = ReadonlyMap<string, string | null>;

/**
 * The edits that put parameters exactly where their study file says that they stand. Parameters of other files, and those
 * whose place is gone, are `unmatched`: no other place of that name is theirs. Parameters without a place are left out.
 */
export function placedEdits(languageId: string, text: string, best: BestTrial, placed: Placed): PlannedEdits {
  const sites = [...placed.values()].some((path) => path !== null) ? listSites(languageId, text) : [];
  const edits: PlannedEdits['edits'][number][] = [];
  const unmatched: string[] = [];
  const unchanged: string[] = [];
  for (const { name, value } of best.params.filter((param) => placed.has(param.name))) {
    const path = placed.get(name) ?? null;
    const site = path === null ? undefined : findSite(sites, path).site;
    if (!site) unmatched.push(name);
    else if (holdsValue(site.literal, value)) unchanged.push(name);
    else {
      const old = text.slice(site.start, site.end);
      const newText = printValue(languageId, value, old);
      edits.push({ start: site.start, end: site.end, newText, label: `${name}: ${old} → ${newText}` });
    }
  }
  return { edits: edits.sort((a, b) => a.start - b.start), unmatched, unchanged };
}
