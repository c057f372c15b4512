/** Runs in the page: the editor layouts that VS Code keeps in the browser's storage. */
export async function storedLayouts(): Promise<string[]> {
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const texts: string[] = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith('vscode-web-state-db')) continue;
    const database = await result(indexedDB.open(name));
    if (database.objectStoreNames.contains('ItemTable')) {
      const store = database.transaction('ItemTable').objectStore('ItemTable');
      texts.push(String(await result(store.get('memento/workbench.parts.editor'))));
    }
    database.close();
  }
  return texts;
}
