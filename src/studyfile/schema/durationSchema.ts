import * as z from 'zod';

/** A duration as it is written: `90s`, `1h30m`, a bare number in seconds. */
export const duration = z.union([z.number().positive(), z.string().regex(/^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$/)]);
