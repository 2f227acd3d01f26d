/** What the links in mails do. Their token stands after # and is removed from the address at once. */
{
  const card = (title, intro, form) => tg.showAlone(tg.title(title), kit.h("p", { class: "soft" }, intro), kit.h("div", { class: "card stack" }, form));
  const gone = (error) => {
    if (![400, 401, 403, 404, 409, 410].includes(error.status)) throw error;
    throw new kit.Problem("LinkExpired", "This link has expired or was used, or the password is wrong. Request another mail if you need one.");
  };

  const LINKS = {
    verify: (token) => card("Verify your address", "Enter the password that you chose. This way, nobody else can open an account with your address.", kit.form({ label: "Verify your address", submit: "Verify",
      fields: [tg.passwordField("password", "Password")], save: async ({ password }) => {
        await tg.open("POST", "accounts/verify", { body: { token, password } }).catch(gone);
        tg.showSignIn("Your address is verified. Sign in to begin.", "good");
      } })),
    reset: (token) => card("Set a new password", "You are then signed out everywhere else.", kit.form({ label: "Set a new password", submit: "Save the password", fields: [tg.passwordField("password", "New password", true)],
      save: async ({ password }) => {
        await tg.open("PUT", "accounts/reset", { body: { token, password } }).catch(gone);
        tg.showSignIn("The new password is set. Sign in with it.", "good");
      } })),
    email: (token) => card("Confirm your new address", "Your account then uses this address.", confirmation("Confirm the address", token, "Your account has the new address. Sign in with it if you are asked.")),
    undo: (token) => card("Keep your old address", "This undoes the change of address and signs out every device.", confirmation("Keep the old address", token, "Your account has its old address again. Sign in, and change your password if you did not ask for the change.")),
  };

  const confirmation = (submit, token, done) => kit.form({ label: submit, submit, fields: [], save: async () => {
    await tg.open("POST", "accounts/email", { body: { token } }).catch(gone);
    tg.showSignIn(done, "good");
  } });

  /** Show what a link in a mail asks for; returns false if the address has none. Invitations and gifts need a session. */
  tg.openLink = (hash = location.hash) => {
    const [, kind, token] = /^#(verify|reset|email|undo|invite|gift)=(.+)$/.exec(hash) ?? [];
    if (!kind) return false;
    history.replaceState(null, "", location.pathname);
    if (LINKS[kind]) LINKS[kind](decodeURIComponent(token));
    else tg.wanted = { kind, token: decodeURIComponent(token) };
    return Boolean(LINKS[kind]);
  };
}
