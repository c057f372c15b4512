/** The tables of a trial's parts as they are written: columns with PostgreSQL's types, and the key that is unique. */
export interface ChildTableShape {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly keys: readonly string[];
}

const attributes = (owner: 'study' | 'trial'): ChildTableShape => ({
  columns: [
    [`${owner}_id`, 'int'],
    ['key', 'text'],
    ['value_json', 'text'],
  ],
  keys: [`${owner}_id`, 'key'],
});

export const CHILD_TABLES = {
  trial_params: {
    columns: [
      ['trial_id', 'int'],
      ['param_name', 'text'],
      ['param_value', 'float8'],
      ['distribution_json', 'text'],
    ],
    keys: ['trial_id', 'param_name'],
  },
  trial_values: {
    columns: [
      ['trial_id', 'int'],
      ['objective', 'int'],
      ['value', 'float8'],
      ['value_type', 'trialvaluetype'],
    ],
    keys: ['trial_id', 'objective'],
  },
  trial_intermediate_values: {
    columns: [
      ['trial_id', 'int'],
      ['step', 'int'],
      ['intermediate_value', 'float8'],
      ['intermediate_value_type', 'trialintermediatevaluetype'],
    ],
    keys: ['trial_id', 'step'],
  },
  trial_user_attributes: attributes('trial'),
  trial_system_attributes: attributes('trial'),
  study_user_attributes: attributes('study'),
  study_system_attributes: attributes('study'),
  study_directions: {
    columns: [
      ['study_id', 'int'],
      ['objective', 'int'],
      ['direction', 'studydirection'],
    ],
    keys: ['study_id', 'objective'],
  },
} as const satisfies Record<string, ChildTableShape>;

export type ChildTable = keyof typeof CHILD_TABLES;

/** In the order in which they are made. */
export const ALL_TABLES = [
  'studies',
  'version_info',
  'study_directions',
  'study_user_attributes',
  'study_system_attributes',
  'trials',
  'trial_user_attributes',
  'trial_system_attributes',
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_heartbeats',
  'alembic_version',
] as const;
