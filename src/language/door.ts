/**
 * What the tuner needs of the language service, as it loads it: with all parsers, when it first comes to code. Pure functions:
 * a class here is another one than the tuner's.
 */
export { draftStudyFile } from './draft/draftStudyFile.ts';
export { guessMetric } from './draft/guessMetric.ts';
export { launchNotes } from './draft/writeDraft.ts';
export { findLaunches, matching, platformName } from './launching/findLaunches.ts';
export { shellLaunch } from './launching/rawLaunch.ts';
export { siteProblems } from './sites/checkSites.ts';
export { findSite } from './sites/findSite.ts';
export { listSites } from './sites/listSites.ts';
export { printValue } from './sites/printValue.ts';
