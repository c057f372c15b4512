const SPARED = [/bias/, /layernorm/, /rmsnorm/, /(?:^|\.)norm(?:$|\.)/, /_norm(?:$|\.)/];

/** Weight decay is for all but biases and norms, as Hugging Face's Trainer groups parameters. Embeddings decay. */
export function isDecayed(name: string): boolean {
  const lower = name.toLowerCase();
  return !SPARED.some((pattern) => pattern.test(lower));
}
