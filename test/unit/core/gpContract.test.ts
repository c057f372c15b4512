import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';

samplerContract('gp', { create: (seed) => createSampler({ type: 'gp', seed }), readsAll: true });
