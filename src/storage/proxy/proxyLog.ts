import type { TrialLog } from '../../core/study/studyStore.ts';
import { READER_PATIENCE_MS } from '../retry.ts';
import { firstRead } from '../sql/read/trackedView.ts';
import { ProxyClient } from './proxyClient.ts';
import { ProxyUrl } from './proxyUrl.ts';
import { ProxyView } from './proxyView.ts';

/**
 * Opens the storage behind one of Optuna's storage proxies for reading; `studyName` limits that to one study. A window loads
 * this, and gRPC with it, when it needs it. Throws one sentence when it cannot be.
 */
export async function openProxyLog(url: string, studyName: string | undefined): Promise<TrialLog> {
  return firstRead(new ProxyLog(await ProxyClient.open(ProxyUrl.parse(url)), studyName));
}

/** A storage behind Optuna's storage proxy, read only. After a study was deleted, `studies()` has it no more. */
class ProxyLog extends ProxyView {
  constructor(client: ProxyClient, studyName: string | undefined) {
    super(client, studyName);
  }

  override async refresh(): Promise<boolean> {
    const isChanged = await super.refresh();
    this.retry.patienceMs = READER_PATIENCE_MS;
    return isChanged;
  }
}
