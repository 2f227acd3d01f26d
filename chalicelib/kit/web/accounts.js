/** The screens of accounts without a session: sign in, sign up, a new password, and what the links in mails do. */
{
  const EMAIL = { name: "email", label: "E-mail", type: "email", required: true, autocomplete: "username", maxlength: 254, spellcheck: "false" };
  const CODE = { name: "code", label: "Code", required: true, inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: 6, spellcheck: "false",
    hint: "The six digits that your authenticator app shows now. Each code works once." };
  const REFUSED = {
    401: "The e-mail or the password is wrong, or the address is not verified yet.",
    429: "There were too many attempts. Wait a few minutes, or set a new password.",
    InvalidCode: "This code is wrong, or it was used already. Wait for the next one.",
    SecondFactorMissing: "This account has no authenticator app yet. Ask the person who added you.",
  };
  const link = (text, action) => kit.button(text, action, "bare");
  const gone = (error) => {
    if (![400, 401, 403, 404, 409, 410].includes(error.status)) throw error;
    throw new kit.Problem("LinkExpired", "This link has expired or was used, or the password is wrong. Request another mail if you need one.");
  };

  /** Return a name for this device that people recognize in their list of sessions. */
  const device = () => {
    const find = (names) => names.find(([sign]) => navigator.userAgent.includes(sign))?.[1];
    const browser = find([["Edg/", "Edge"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]]) ?? "Browser";
    const system = find([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac", "Mac"], ["Linux", "Linux"]]);
    return system ? `${browser} on ${system}` : browser;
  };

  /**
   * Return the screens of a page. `brand` ends their titles, `intro` stands above the sign-in, `show(...content)` shows
   * content alone, `start()` opens the page after a sign-in. `minlength` is that of a new password, `signUp` has `fields()`
   * and `body(values)` where people may sign up themselves, `level` is the element of the titles.
   */
  kit.accounts = ({ session, brand, intro, show, start, minlength = 8, signUp, level = "h1" }) => {
    const screens = {};
    screens.title = (text) => {
      document.title = `${text} – ${brand}`;
      return kit.h(level, { tabindex: -1 }, text);
    };
    screens.passwordField = (name, label, isNew) => kit.field({ name, label, type: "password", required: true, autocomplete: isNew ? "new-password" : "current-password",
      minlength: isNew ? minlength : undefined, maxlength: 128, hint: isNew ? `At least ${minlength} characters; several words are safer than symbols.` : "" });
    const card = (form) => kit.h("div", { class: "card stack" }, form);

    /** Sign in, or ask for the code of an account that has a second factor. */
    async function signIn(credentials) {
      let data;
      try {
        ({ data } = await session.open("POST", "sessions", { body: { ...credentials, device_name: device(), cookie: true } }));
      } catch (error) {
        if (error.code === "CodeRequired") return showCode(credentials);
        const text = REFUSED[error.code] ?? REFUSED[error.status];
        throw text ? new kit.Problem("Refused", text) : error;
      }
      session.user = null;
      await session.enter(data);
      await start();
    }

    const showCode = (credentials) => show(screens.title("Enter your code"), card(kit.form({ label: "Enter your code", submit: "Continue", fields: [kit.field(CODE)],
      save: ({ code }) => signIn({ ...credentials, code }) })), kit.h("p", null, link("Back", () => screens.showSignIn())));

    screens.showSignIn = (message, look = "warn") => show(screens.title("Sign in"), message && kit.banner(message, look),
      intro && kit.h("p", { class: "soft" }, intro),
      card(kit.form({ label: "Sign in", submit: "Sign in", fields: [kit.field(EMAIL), screens.passwordField("password", "Password")], save: ({ email, password }) =>
        signIn({ email: email.trim(), password }) })),
      kit.h("p", { class: "row" }, signUp && link("Create an account", () => screens.showSignUp()), link("Forgot the password?", () => showForgotten())));

    screens.showSignUp = () => show(screens.title("Create an account"), card(kit.form({ label: "Create an account", submit: "Create the account",
      fields: signUp.fields(kit.field(EMAIL), screens.passwordField("password", "Password", true)), save: async (values) => {
        const email = values.email.trim();
        await session.open("POST", "accounts", { body: signUp.body({ ...values, email }) });
        showMailed(`We sent a mail to ${email}. Open its link on this or another device and enter your password there; the link works for 24 hours.`);
      } })), kit.h("p", null, link("I have an account", () => screens.showSignIn())));

    const showForgotten = () => show(screens.title("Set a new password"), card(kit.form({ label: "Set a new password", submit: "Send the mail", fields: [kit.field(EMAIL)], save: async ({ email }) => {
      await session.open("POST", "accounts/reset", { body: { email: email.trim() } });
      showMailed(`If ${email.trim()} has an account, a mail with a link is on its way. The link works for one hour.`);
    } })), kit.h("p", null, link("Back", () => screens.showSignIn())));

    const showMailed = (text) => show(screens.title("Check your mail"), kit.banner(text, "good"),
      kit.h("p", { class: "soft" }, "Nothing there? Look in the spam folder, and check the address."), kit.h("p", null, link("Back to sign in", () => screens.showSignIn())));

    const ask = (title, text, form) => show(screens.title(title), kit.h("p", { class: "soft" }, text), card(form));
    const confirmation = (submit, token, done) => kit.form({ label: submit, submit, fields: [], save: async () => {
      await session.open("POST", "accounts/email", { body: { token } }).catch(gone);
      screens.showSignIn(done, "good");
    } });
    const LINKS = {
      verify: (token) => ask("Verify your address", "Enter the password that you chose. This way, nobody else can open an account with your address.", kit.form({ label: "Verify your address", submit: "Verify",
        fields: [screens.passwordField("password", "Password")], save: async ({ password }) => {
          await session.open("POST", "accounts/verify", { body: { token, password } }).catch(gone);
          screens.showSignIn("Your address is verified. Sign in to begin.", "good");
        } })),
      reset: (token) => ask("Set a new password", "You are then signed out everywhere else.", kit.form({ label: "Set a new password", submit: "Save the password", fields: [screens.passwordField("password", "New password", true)],
        save: async ({ password }) => {
          await session.open("PUT", "accounts/reset", { body: { token, password } }).catch(gone);
          screens.showSignIn("The new password is set. Sign in with it.", "good");
        } })),
      email: (token) => ask("Confirm your new address", "Your account then uses this address.", confirmation("Confirm the address", token, "Your account has the new address. Sign in with it if you are asked.")),
      undo: (token) => ask("Keep your old address", "This undoes the change of address and signs out every device.", confirmation("Keep the old address", token, "Your account has its old address again. Sign in, and change your password if you did not ask for the change.")),
    };

    /**
     * Show what a link in a mail asks for, and remove its token from the address. Returns false if the address has none;
     * `other(kind, token)` takes the kinds in `kinds`, which need a session.
     */
    screens.openLink = ({ hash = location.hash, kinds = [], other = () => {} } = {}) => {
      const [, kind, token] = /^#(\w+)=(.+)$/.exec(hash) ?? [];
      if (!LINKS[kind] && !kinds.includes(kind)) return false;
      history.replaceState(null, "", location.pathname);
      (LINKS[kind] ?? ((value) => other(kind, value)))(decodeURIComponent(token));
      return Boolean(LINKS[kind]);
    };
    return screens;
  };
}
