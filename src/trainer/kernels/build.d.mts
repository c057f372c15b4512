export function buildKernels(to: string): Promise<void>;
