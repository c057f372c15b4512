import type { EN } from './en.ts';
import { CLUSTER_ZH } from './zh/cluster.ts';
import { CORE_ZH } from './zh/core.ts';
import { LANGUAGE_ZH } from './zh/language.ts';
import { METHODS_ZH } from './zh/methods.ts';
import { PANEL_ZH } from './zh/panel.ts';
import { RUNS_ZH } from './zh/runs.ts';
import { SCHEMA_ZH } from './zh/schema.ts';
import { SCRIPT_ZH } from './zh/script.ts';
import { STORAGE_ZH } from './zh/storage.ts';
import { STUDY_FILE_ZH } from './zh/studyFile.ts';
import { TUNER_ZH } from './zh/tuner.ts';
import { WHERE_ZH } from './zh/where.ts';
import { WINDOW_ZH } from './zh/window.ts';

/** Every message in Simplified Chinese; one that is missing does not compile. */
export const ZH: { readonly [Area in keyof typeof EN]: Readonly<Record<keyof (typeof EN)[Area], string>> } = {
  cluster: CLUSTER_ZH,
  runs: RUNS_ZH,
  tuner: TUNER_ZH,
  core: CORE_ZH,
  language: LANGUAGE_ZH,
  methods: METHODS_ZH,
  panel: PANEL_ZH,
  schema: SCHEMA_ZH,
  script: SCRIPT_ZH,
  storage: STORAGE_ZH,
  studyFile: STUDY_FILE_ZH,
  where: WHERE_ZH,
  window: WINDOW_ZH,
};
