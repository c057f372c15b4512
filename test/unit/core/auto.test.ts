import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';

samplerContract('auto', { create: (seed) => createSampler({ type: 'auto', seed }) });
