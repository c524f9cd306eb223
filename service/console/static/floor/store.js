/**
 * What this device keeps, in IndexedDB:
 *
 *   outbox   work that was done here and is not yet known to be recorded, by its id
 *   sent     the last of it that is
 *   kept     copies of lists, so that a dead spot does not stop the work; by name
 *
 * Each change is one transaction, and a promise here is kept only when the device has written it down.
 */

const NAME = "lotproof-floor";
const STORES = ["outbox", "sent", "kept"];

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const name of STORES) asked.result.createObjectStore(name, { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * One transaction over these stores; what `work` returns is the answer.
 * @template T
 * @param {string[]} names @param {IDBTransactionMode} mode
 * @param {(store: (name: string) => IDBObjectStore, give: (value: T) => void) => void} work
 * @returns {Promise<T>}
 */
export async function inOne(names, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(names, mode, { durability: "strict" });
    /** @type {any} */
    let given;
    work((name) => transaction.objectStore(name), (value) => (given = value));
    transaction.oncomplete = () => resolve(given);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {string} name @returns {Promise<any[]>} */
export const all = (name) =>
  inOne([name], "readonly", (store, give) => {
    const asked = store(name).getAll();
    asked.onsuccess = () => give(asked.result);
  });

/** @param {string} name @param {string} id @returns {Promise<any>} undefined if there is none */
export const get = (name, id) =>
  inOne([name], "readonly", (store, give) => {
    const asked = store(name).get(id);
    asked.onsuccess = () => give(asked.result);
  });

/** @param {string} name @param {{id: string}} value */
export const put = (name, value) => inOne([name], "readwrite", (store) => void store(name).put(value));

/** @param {string} name @param {string} id */
export const remove = (name, id) => inOne([name], "readwrite", (store) => void store(name).delete(id));

/** Change one entry, if it is there and `change` gives a value back. @param {string} name @param {string} id
 * @param {(value: any) => any} change @returns {Promise<any>} what is there afterwards, undefined if nothing was changed */
export const change = (name, id, change) =>
  inOne([name], "readwrite", (store, give) => {
    const asked = store(name).get(id);
    asked.onsuccess = () => {
      const made = asked.result && change(asked.result);
      if (made) store(name).put(made).onsuccess = () => give(made);
    };
  });
