/** Whether it names a storage proxy of Optuna, rightly or not. A window asks that of every storage. */
export function isProxyUrl(text: string): boolean {
  return /^grpcs?:\/\//i.test(text);
}
