/** The screens without a session: sign in, sign up, and a new password. */
{
  const show = (...content) => {
    document.getElementById("nav").hidden = document.getElementById("bell").hidden = true;
    document.getElementById("screen").replaceChildren(kit.h("div", { class: "stack narrow" }, content.filter(Boolean)));
    document.querySelector("#screen h1").focus();
  };
  tg.showAlone = show;
  tg.title = (text) => {
    document.title = text + " – Together";
    return kit.h("h1", { tabindex: -1 }, text);
  };
  const EMAIL = { name: "email", label: "E-mail", type: "email", required: true, autocomplete: "username", maxlength: 254, spellcheck: "false" };
  tg.passwordField = (name, label, isNew) => kit.field({ name, label, type: "password", required: true, autocomplete: isNew ? "new-password" : "current-password",
    minlength: isNew ? 8 : undefined, maxlength: 128, hint: isNew ? "At least 8 characters; several words are safer than symbols." : "" });
  const link = (text, action) => kit.button(text, action, "bare");

  tg.showSignIn = (message, look = "warn") => show(tg.title("Sign in"), message && kit.banner(message, look),
    kit.h("p", { class: "soft" }, "A few words a day, for two. What you write is yours; you decide what your partner sees."),
    kit.h("div", { class: "card stack" }, kit.form({ label: "Sign in", submit: "Sign in", fields: [kit.field(EMAIL), tg.passwordField("password", "Password")], save: async ({ email, password }) => {
      const { data } = await tg.open("POST", "sessions", { body: { email: email.trim(), password, device_name: device(), cookie: true } }).catch((error) => {
        if (error.status === 401) throw new kit.Problem("Refused", "The e-mail or the password is wrong, or the address is not verified yet.");
        if (error.status === 429) throw new kit.Problem("Refused", "There were too many attempts. Wait a few minutes, or set a new password.");
        throw error;
      });
      tg.user = null;
      await tg.enter(data);
      await tg.start();
    } })),
    kit.h("p", { class: "row" }, link("Create an account", () => tg.showSignUp()), link("Forgot the password?", () => showForgotten())));

  tg.showSignUp = () => show(tg.title("Create an account"), kit.h("div", { class: "card stack" }, kit.form({ label: "Create an account", submit: "Create the account", fields: [
    kit.field({ name: "display_name", label: "Your name", hint: "Your partner sees it, and invitations name it.", required: true, maxlength: 50, autocomplete: "nickname" }),
    kit.field(EMAIL), tg.passwordField("password", "Password", true),
    kit.field({ name: "is_adult", label: "I am at least 18 years old.", type: "checkbox", required: true }),
    kit.field({ name: "accept_terms", label: "I accept the terms of use.", type: "checkbox", required: true }),
  ], save: async (values) => {
    const email = values.email.trim();
    await tg.open("POST", "accounts", { body: { ...values, email, timezone: tg.zone } });
    showMailed(`We sent a mail to ${email}. Open its link on this or another device and enter your password there; the link works for 24 hours.`);
  } })), kit.h("p", null, link("I have an account", () => tg.showSignIn())));

  const showForgotten = () => show(tg.title("Set a new password"), kit.h("div", { class: "card stack" }, kit.form({ label: "Set a new password", submit: "Send the mail", fields: [kit.field(EMAIL)], save: async ({ email }) => {
    await tg.open("POST", "accounts/reset", { body: { email: email.trim() } });
    showMailed(`If ${email.trim()} has an account, a mail with a link is on its way. The link works for one hour.`);
  } })), kit.h("p", null, link("Back", () => tg.showSignIn())));

  const showMailed = (text) => show(tg.title("Check your mail"), kit.banner(text, "good"),
    kit.h("p", { class: "soft" }, "Nothing there? Look in the spam folder, and check the address."), kit.h("p", null, link("Back to sign in", () => tg.showSignIn())));

  /** Return a name for this device that the member recognizes in the list of sessions. */
  const device = () => {
    const find = (names) => names.find(([sign]) => navigator.userAgent.includes(sign))?.[1];
    const browser = find([["Edg/", "Edge"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]]) ?? "Browser";
    const system = find([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac", "Mac"], ["Linux", "Linux"]]);
    return system ? `${browser} on ${system}` : browser;
  };
}
