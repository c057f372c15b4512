import { TuneboardError } from '../errors.ts';
import { categoricalDistribution, floatDistribution, intDistribution } from './distributionRules.ts';
import type { Choice, Distribution } from './distributions.ts';
import { type SearchSpace, type SpaceParameter, searchSpace } from './searchSpace.ts';

/** A parameter as a study file writes it. `when`: it exists only while every named parameter has the value, or one of the values. */
export type ParameterDeclaration = (
  | {
      readonly type: 'float';
      readonly low: number;
      readonly high: number;
      readonly log?: boolean | undefined;
      readonly step?: number | undefined;
    }
  | {
      readonly type: 'int';
      readonly low: number;
      readonly high: number;
      readonly log?: boolean | undefined;
      readonly step?: number | undefined;
    }
  | { readonly type: 'categorical'; readonly choices: readonly Choice[] }
) & { readonly when?: Readonly<Record<string, Choice | readonly Choice[]>> | undefined };

/** A search space as a study file writes it: parameters by name. */
export type SpaceDeclaration = Readonly<Record<string, ParameterDeclaration>>;

/**
 * The search space of a declaration, in an order in which conditions name earlier parameters. Throws `invalid-space` with
 * the parameter's name in the sentence.
 */
export function declaredSpace(declaration: SpaceDeclaration): SearchSpace {
  return searchSpace(
    Object.entries(declaration).map(([name, parameter]): SpaceParameter => {
      const distribution = distributionOf(name, parameter);
      return parameter.when ? { name, distribution, when: conditionOf(parameter.when) } : { name, distribution };
    }),
  );
}

function conditionOf(when: Readonly<Record<string, Choice | readonly Choice[]>>): Record<string, readonly Choice[]> {
  return Object.fromEntries(
    Object.entries(when).map(([name, value]) => [name, Array.isArray(value) ? (value as readonly Choice[]) : [value]]),
  );
}

function distributionOf(name: string, parameter: ParameterDeclaration): Distribution {
  try {
    switch (parameter.type) {
      case 'float':
      case 'int': {
        const { low, high, log = false, step } = parameter;
        const options = step === undefined ? { log } : { log, step };
        return parameter.type === 'int' ? intDistribution(low, high, options) : floatDistribution(low, high, options);
      }
      case 'categorical':
        return categoricalDistribution(parameter.choices);
      default:
        throw new TuneboardError('invalid-distribution', 'Its type has to be float, int or categorical.');
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TuneboardError('invalid-space', `The parameter ${name} can't be used: ${reason}`, { cause: error });
  }
}
