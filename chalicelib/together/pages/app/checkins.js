/**
 * Check-ins wait on the device until the API has taken or refused them. One of another member is never sent: each names
 * its member, and the client sends only that member's token.
 */
{
  const FINAL = [400, 403, 404, 409, 413, 422];
  let listeners = [];

  /** Call `listener` when check-ins were sent or refused. */
  tg.onCheckins = (listener) => { listeners = [listener]; };

  /**
   * Keep a check-in and send it. Returns the answer, or null if it waits for a connection. Raises the API's problem if it
   * is refused.
   */
  tg.saveCheckin = async (date, body) => {
    const entry = { user: tg.user, date, body: { ...body, timezone: tg.zone, recorded_at: tg.now().toISOString() } };
    try {
      await tg.store.keepCheckin(entry);
    } catch (error) {
      if (!navigator.onLine) throw error;
      return (await tg.call("PUT", "checkins/" + date, { body: entry.body })).data;
    }
    const { answers, refused } = await tg.sendCheckins(date);
    const refusal = refused.find((each) => each.date === date);
    if (!refusal) return answers.get(date) ?? null;
    await tg.store.removeCheckin(tg.user, date);
    throw refusal.problem;
  };

  /**
   * Send the member's waiting check-ins, one tab at a time; for the one of `now`, entered this moment, the API's clock
   * counts. Returns the answers by date and the refusals.
   */
  tg.sendCheckins = (now) => kit.locked("together-checkins", async () => {
    const answers = new Map(), refused = [], user = tg.user;
    for (const entry of user ? await tg.store.checkins(user) : []) {
      if (entry.refused || tg.user !== user) continue;
      try {
        const recorded = entry.date === now ? null : [entry.body.recorded_at, tg.now().toISOString()].sort()[0]; // not in the future
        const body = { ...entry.body, recorded_at: recorded };
        answers.set(entry.date, (await tg.call("PUT", "checkins/" + entry.date, { body })).data);
      } catch (problem) {
        if (!FINAL.includes(problem.status)) break; // it stays, and goes at the next opportunity
        refused.push({ date: entry.date, problem });
        await settle(entry, problem);
        continue;
      }
      await settle(entry);
    }
    return { answers, refused };
  });

  /** Remove an entry, or mark it as refused, unless the member changed it while it was sent. */
  async function settle(entry, problem) {
    const now = await tg.store.checkin(entry.user, entry.date);
    if (!now || now.body.recorded_at !== entry.body.recorded_at) return;
    if (problem) await tg.store.keepCheckin({ ...entry, refused: Object.values(problem.fields)[0] ?? problem.message });
    else await tg.store.removeCheckin(entry.user, entry.date);
  }

  /** Send what waits, and show the screen again if something was sent or refused. */
  tg.catchUp = async () => {
    if (!tg.user || !navigator.onLine || !(await tg.store.checkins(tg.user)).length) return;
    const { answers, refused } = await tg.sendCheckins();
    if (answers.size) kit.toast(answers.size === 1 ? "Your check-in was sent." : `${answers.size} check-ins were sent.`);
    if (answers.size || refused.length) showAgain();
  };
  const showAgain = () => { for (const listener of listeners) listener(); };
  addEventListener("online", async () => {
    await tg.catchUp();
    if (tg.isPartial) showAgain(); // what an opening without a connection could not show
  });
}
