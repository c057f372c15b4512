import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';

samplerContract('forest', { create: (seed) => createSampler({ type: 'forest', seed }) });
