import { CLUSTER } from './en/cluster.ts';
import { CORE } from './en/core.ts';
import { LANGUAGE } from './en/language.ts';
import { METHODS } from './en/methods.ts';
import { PANEL } from './en/panel.ts';
import { RUNS } from './en/runs.ts';
import { SCHEMA } from './en/schema.ts';
import { SCRIPT } from './en/script.ts';
import { STORAGE } from './en/storage.ts';
import { STUDY_FILE } from './en/studyFile.ts';
import { TUNER } from './en/tuner.ts';
import { WHERE } from './en/where.ts';
import { WINDOW } from './en/window.ts';

/** Every message in English, by area and name. */
export const EN = {
  cluster: CLUSTER,
  runs: RUNS,
  tuner: TUNER,
  core: CORE,
  language: LANGUAGE,
  methods: METHODS,
  panel: PANEL,
  schema: SCHEMA,
  script: SCRIPT,
  storage: STORAGE,
  studyFile: STUDY_FILE,
  where: WHERE,
  window: WINDOW,
} as const;

export type SchemaText = keyof typeof SCHEMA;
export type StudyFileCode = keyof typeof STUDY_FILE;
