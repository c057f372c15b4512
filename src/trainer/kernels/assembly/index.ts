/** Everything that ../kernels.ts calls. The memory is TensorFlow.js's; nothing here allocates. */
export { attention, attentionGradient, attentionScratchBytes } from './attention';
export { drop, dropScratchBytes, fillMask, setMask } from './dropout';
export { gelu, geluGradient } from './gelu';
export { gemm, gemmWorkspaceBytes, setGemmWorkspace } from './gemm';
export { norm, normGradient } from './norm';
export { adamw, scaleBy, sumOfSquares } from './optimizer';
export { add, columnSums, segmentSums } from './rows';
