/** What stays on the device: who is signed in, and check-ins that were not sent yet. Signing out removes both. */
{
  let opened = null;
  const done = (request) => new Promise((resolve, fail) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => fail(request.error);
  });
  const open = () => (opened ??= new Promise((resolve, fail) => {
    const request = indexedDB.open("together", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("members");
      request.result.createObjectStore("checkins", { keyPath: ["user", "date"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => fail(request.error);
  }).catch((error) => {
    opened = null;
    console.warn(error);
    throw new kit.Problem("NotStored", "This browser keeps nothing for this page, perhaps in a private window. Check in while you are online.");
  }));
  const inStore = async (name, mode, action) => {
    const transaction = (await open()).transaction(name, mode);
    const result = await done(action(transaction.objectStore(name)));
    if (mode === "readwrite" && transaction.error) throw transaction.error;
    return result;
  };

  tg.store = {
    /** Return the member that this device remembers, or undefined. */
    member: () => inStore("members", "readonly", (store) => store.get("current")).catch(() => undefined),
    keepMember: (member) => inStore("members", "readwrite", (store) => store.put(member, "current")).catch(() => {}),
    /** Return a member's check-ins that wait, oldest first. */
    checkins: (user) => inStore("checkins", "readonly", (store) => store.getAll(IDBKeyRange.bound([user], [user, []]))).catch(() => []),
    checkin: (user, date) => inStore("checkins", "readonly", (store) => store.get([user, date])),
    keepCheckin: (entry) => inStore("checkins", "readwrite", (store) => store.put(entry)),
    removeCheckin: (user, date) => inStore("checkins", "readwrite", (store) => store.delete([user, date])),
    wipe: async () => {
      await inStore("members", "readwrite", (store) => store.clear());
      await inStore("checkins", "readwrite", (store) => store.clear());
    },
  };
}
