/** Where weights are updated in WebAssembly's memory by our kernels. */
import { resumeContract } from '../../../support/contracts/resumeContract.ts';

resumeContract('wasm');
