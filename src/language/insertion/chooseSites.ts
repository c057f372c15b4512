import type { ParamValue } from '../../core/space/distributions.ts';
import { holdsValue, mayReplace } from '../literals.ts';
import { trainingSubcommand } from '../subcommand.ts';
import type { BestParam, SiteForm, SuggestCall, ValueSite } from './sites.ts';
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

/** How many parameters of the study stand where a site does. */
export type Crowds = ReadonlyMap<ValueSite, number>;

const STRENGTH: readonly SiteForm[] = ['default', 'settings', 'constant', 'suggest', 'local'];

/**
 * Decides which places in a file stand for a parameter. Only the strongest form that the file has for it counts (see
 * `SiteForm`), exact names before names that differ in case, underscores or dashes. Where several places of that form
 * hold different values, they are rewritten only if it is clear which is meant.
 */
export function chooseSites(param: BestParam, all: readonly ValueSite[], crowds: Crowds): Choice {
  const named = all.filter((site) => matches(site, param) > 0);
  // What a replaced suggest call left: a constant of that name was a bound of it.
  const exact = named.filter((site) => site.name === param.name && site.inObjective);
  const done = exact.filter((site) => holds(site, param));
  if (done.length > 0 && exact.every((site) => site.form !== 'suggest' || holds(site, param))) {
    return { type: 'unchanged', sites: done };
  }
  const usable = named.filter((site) => isUsable(site, param));
  for (const form of STRENGTH) {
    const ofForm = usable.filter((site) => site.form === form);
    if (ofForm.length === 0) continue;
    const best = largest(ofForm, (site) => matches(site, param));
    const sites = ofForm.filter((site) => matches(site, param) === best && !site.isUnclear);
    if (sites.length === 0) return { type: 'unclear' };
    return form === 'suggest' ? chooseSuggest(param, sites) : chooseClear(param, sites, crowds);
  }
  return { type: 'unmatched' };
}

/** A file may have more sites than a call takes arguments. */
function largest(sites: readonly ValueSite[], of: (site: ValueSite) => number): number {
  return sites.reduce((most, site) => Math.max(most, of(site)), Number.NEGATIVE_INFINITY);
}

/** Sites by their folded name: those that could stand for a parameter are found without going through all. */
export function sitesByName(sites: readonly ValueSite[]): (param: BestParam) => readonly ValueSite[] {
  const byName = new Map<string, { readonly site: ValueSite; readonly place: number }[]>();
  for (const [place, site] of sites.entries()) {
    const name = foldName(site.name);
    const known = byName.get(name);
    if (known) known.push({ site, place });
    else byName.set(name, [{ site, place }]);
  }
  return ({ name }) => {
    const names = new Set([foldName(name), foldName(name.split(DIVIDERS).at(-1) ?? name)]);
    return [...names]
      .flatMap((one) => byName.get(one) ?? [])
      .sort((a, b) => a.place - b.place)
      .map(({ site }) => site);
  };
}

/** What stands between the parts of a name such as `optimizer.lr`. */
const DIVIDERS = /[./]|__/;

function matches(site: ValueSite, param: BestParam): number {
  const whole = nameMatch(site.name, param.name);
  if (whole > 0) return whole;
  const parts = param.name.split(DIVIDERS).map(foldName);
  const key = parts.pop();
  if (parts.length === 0 || key !== foldName(site.name)) return 0;
  if (parts.length === 1 && site.owners?.some((owner) => foldName(owner) === parts[0])) return 1;
  const path = site.path.slice(-parts.length).map(foldName);
  return path.length === parts.length && path.every((step, at) => step === parts[at]) ? 1 : 0;
}

function isUsable(site: ValueSite, param: BestParam): boolean {
  if (site.literal) return mayReplace(site.literal, param.value);
  return site.form === 'suggest' || site.before !== undefined;
}

/** Calls of one name in two objectives that differ in their range belong to two studies. */
function chooseSuggest(param: BestParam, sites: readonly ValueSite[]): Choice {
  if (sites.every((site) => sameRange(site.call, sites[0]?.call))) return decide(param, sites);
  const possible = sites.filter(({ call }) => !call || offers(call, param.value));
  const isOne = possible.every(
    ({ call }) => sameRange(call, possible[0]?.call) || call?.scope === possible[0]?.call?.scope,
  );
  return possible.length > 0 && isOne ? decide(param, possible) : { type: 'unclear' };
}

function sameRange(a: SuggestCall | undefined, b: SuggestCall | undefined): boolean {
  if (!a || !b) return a === b;
  const parts = ['low', 'high', 'step', 'log', 'choices'] as const;
  return parts.every((part) => a[part]?.text === b[part]?.text);
}

/** Whether a call could have suggested a value, as far as its range is spelled out. */
function offers({ low, high, choices }: SuggestCall, value: ParamValue): boolean {
  const listed = choices?.literal?.value;
  if (Array.isArray(listed)) return listed.some((choice) => JSON.stringify(choice) === JSON.stringify(value));
  const [from, to] = [low?.literal?.value, high?.literal?.value];
  if (typeof value !== 'number') return choices !== null;
  return !(typeof from === 'number' && value < from) && !(typeof to === 'number' && value > to);
}

/**
 * Of several places: those of the subcommand that trains, in the objective, least deep, and where most parameters of the
 * study stand together; only if these agree.
 */
function chooseClear(param: BestParam, all: readonly ValueSite[], crowds: Crowds): Choice {
  const sites = effective(ofTraining(all));
  const inObjective = sites.filter((site) => site.inObjective);
  const clear = inObjective.length > 0 ? inObjective : sites;
  const depth = -largest(clear, (site) => -site.path.length);
  const level = clear.filter((site) => site.path.length === depth);
  const crowd = largest(level, (site) => crowds.get(site) ?? 0);
  const candidates = level.filter((site) => (crowds.get(site) ?? 0) === crowd);
  const holding = candidates.filter((site) => holds(site, param));
  if (holding.length > 0) return { type: 'unchanged', sites: holding };
  const same = new Set(candidates.map((site) => JSON.stringify(site.literal?.value)));
  return same.size === 1 ? decide(param, candidates) : { type: 'unclear' };
}

function ofTraining(sites: readonly ValueSite[]): readonly ValueSite[] {
  const subcommands = [...new Set(sites.flatMap(({ subcommand }) => subcommand ?? []))];
  if (subcommands.length < 2) return sites;
  const chosen = trainingSubcommand(subcommands);
  return sites.filter(({ subcommand }) => subcommand === undefined || subcommand === chosen);
}

/** Without the defaults of functions that are called with a value for that parameter. */
function effective(sites: readonly ValueSite[]): readonly ValueSite[] {
  const called = new Set(sites.flatMap(({ owners }) => owners?.[0] ?? []));
  return sites.filter(({ parameterOf }) => parameterOf === undefined || !called.has(parameterOf));
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

/** A switch is searched as the word that is passed, `--norm`, `--no-norm` or nothing; in code it is true or false. */
export function valueFor(site: ValueSite, param: BestParam): ParamValue {
  const { value } = param;
  if (site.literal?.type !== 'boolean' || typeof value !== 'string' || !/^(--|$)/.test(value)) return value;
  if (value === '') return site.passed === false;
  if (site.passed !== undefined) return site.passed;
  return !/^--no(-|(?=[a-z]))/.test(value) || value === `--${site.name.replaceAll('_', '-')}`;
}
