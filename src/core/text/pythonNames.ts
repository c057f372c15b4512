import { type SnakeCase, snakeCase } from './letterCase.ts';

/** An object whose properties have their names of Python too: `saveModel` is also `save_model`. */
export type WithPythonNames<T> = T & { [Name in keyof T as SnakeCase<Name & string>]: T[Name] };

/** Options under their names here or in Python. */
export type EitherCase<T> = T & { readonly [Name in keyof T as SnakeCase<Name & string>]?: T[Name] };

/**
 * Lets an object's own properties be read, called and set by their names in Python too; a listing of the object does not show
 * these. With a class's prototype: `more` are the properties that its constructor sets. What a subclass overrides is
 * overridden under both names.
 */
export function addPythonNames<T extends object>(object: T, more: readonly string[] = []): WithPythonNames<T> {
  for (const name of [...Object.getOwnPropertyNames(object), ...more]) {
    const pythonName = snakeCase(name);
    if (pythonName === name) continue;
    Object.defineProperty(object, pythonName, {
      configurable: true,
      get(this: Record<string, unknown>) {
        return this[name];
      },
      set(this: Record<string, unknown>, value: unknown) {
        this[name] = value;
      },
    });
  }
  return object as WithPythonNames<T>;
}
