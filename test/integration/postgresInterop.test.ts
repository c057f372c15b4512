import { interopTests } from '../support/serverInterop.ts';

process.env['TZ'] = 'UTC';
interopTests('postgres');
