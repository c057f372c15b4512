import type { ParamValue } from '../core/space/distributions.ts';
import { holdsValue, mayReplace } from './literals.ts';
import type { BestParam, SiteForm, ValueSite } from './sites.ts';
import { foldName, nameMatch } from './sites.ts';

/**
 * What is to be done about one parameter. `rewrite`: put the value in these sites. `unchanged`: they hold it already.
 * `unclear`: it has a place, but nothing tells which of several values it is.
 */
export type Choice =
  | { readonly type: 'rewrite'; readonly sites: readonly ValueSite[] }
  | { readonly type: 'unchanged'; readonly sites: readonly ValueSite[] }
  | { readonly type: 'unclear' }
  | { readonly type: 'unmatched' };

const STRENGTH: readonly SiteForm[] = ['default', 'settings', 'constant', 'suggest', 'local'];

/**
 * Decides which places in a file stand for a parameter. Only the strongest form that the file has for it counts (see
 * `SiteForm`), exact names before names that differ in case, underscores or dashes. Keywords and variables that merely
 * share the name (`local`) are rewritten only where it is clear which is meant: the ones in the objective, or all of them
 * when they say the same.
 */
export function chooseSites(param: BestParam, all: readonly ValueSite[]): Choice {
  const named = all.filter((site) => matches(site, param) > 0);
  const usable = named.filter((site) => isUsable(site, param));
  for (const form of STRENGTH) {
    const ofForm = usable.filter((site) => site.form === form);
    if (ofForm.length === 0) continue;
    const best = Math.max(...ofForm.map((site) => matches(site, param)));
    const sites = ofForm.filter((site) => matches(site, param) === best && !site.isUnclear);
    if (sites.length === 0) return { type: 'unclear' };
    return form === 'local' || isNested(sites) ? chooseLocal(param, sites) : decide(param, sites);
  }
  return { type: 'unmatched' };
}

function matches(site: ValueSite, param: BestParam): number {
  const whole = nameMatch(site.name, param.name);
  if (whole > 0) return whole;
  const parts = param.name.split(/[./]|__/);
  if (parts.length < 2) return 0;
  const path = [...site.path, site.name].slice(-parts.length);
  return path.length === parts.length && path.every((key, at) => foldName(key) === foldName(parts[at] as string))
    ? 1
    : 0;
}

function isUsable(site: ValueSite, param: BestParam): boolean {
  if (site.literal) return mayReplace(site.literal, param.value);
  return site.form === 'suggest' || site.before !== undefined;
}

function isNested(sites: readonly ValueSite[]): boolean {
  return sites.length > 1 && sites.some((site) => site.path.length > 0);
}

function chooseLocal(param: BestParam, sites: readonly ValueSite[]): Choice {
  const holding = sites.filter((site) => holds(site, param));
  if (holding.length > 0) return { type: 'unchanged', sites: holding };
  const inObjective = sites.filter((site) => site.inObjective);
  const clear = inObjective.length > 0 ? inObjective : sites;
  const depth = Math.min(...clear.map((site) => site.path.length));
  const candidates = clear.filter((site) => site.path.length === depth);
  const same = new Set(candidates.map((site) => JSON.stringify(site.literal?.value)));
  return same.size === 1 ? decide(param, candidates) : { type: 'unclear' };
}

function decide(param: BestParam, sites: readonly ValueSite[]): Choice {
  const changed = sites.filter((site) => !holds(site, param));
  return changed.length === 0 ? { type: 'unchanged', sites } : { type: 'rewrite', sites: changed };
}

function holds(site: ValueSite, param: BestParam): boolean {
  const value = valueFor(site, param);
  if (site.literal === null) return false;
  if (holdsValue(site.literal, value)) return true;
  const isText = site.asText === true && (value === null || typeof value === 'boolean');
  return (
    isText && [String(value), value === null ? 'None' : value ? 'True' : 'False'].includes(String(site.literal.value))
  );
}

/** A switch is searched as the flag that is passed, `--norm` or `--no-norm`; in code it is true or false. */
export function valueFor(site: ValueSite, param: BestParam): ParamValue {
  const { value } = param;
  if (site.literal?.type !== 'boolean' || typeof value !== 'string' || !value.startsWith('--')) return value;
  return !/^--no(-|(?=[a-z]))/.test(value) || value === `--${site.name.replaceAll('_', '-')}`;
}
