/** Where several threads compute. */
import { resumeContract } from '../../../support/contracts/resumeContract.ts';
import { needs } from '../../../support/parts.ts';
import { useTestBackends } from '../../../support/tensorflow.ts';

useTestBackends();
resumeContract('tensorflow', needs('tensorflow'));
