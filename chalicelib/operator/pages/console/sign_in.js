/** The screens without a session: sign in with a password and a code, and choose a password by the link of a mail. */
{
  const EMAIL = { name: "email", label: "E-mail", type: "email", required: true, autocomplete: "username", maxlength: 254, spellcheck: "false" };
  const CODE = { name: "code", label: "Code", required: true, autocomplete: "one-time-code", inputmode: "numeric", pattern: "[0-9]{6}", maxlength: 6,
    hint: "The six digits that your authenticator app shows now. Each code works once." };
  const WORDS = {
    InvalidCredentials: "The e-mail or the password is wrong.",
    InvalidCode: "This code is wrong, or it was used already. Wait for the next one.",
    SecondFactorMissing: "This account has no authenticator app yet. Ask the person who added you.",
    TooManyRequests: "There were too many attempts. Wait a few minutes.",
    InvalidLink: "This link was used, or it is too old. Ask for a new one.",
  };

  const screen = (title, ...content) => kit.h("div", { class: "card stack narrow" }, kit.h("h2", { tabindex: -1 }, title), content.filter(Boolean));
  const show = (card) => {
    document.getElementById("main").replaceChildren(card);
    card.querySelector("h2").focus();
  };
  const enter = async () => {
    await op.start();
    document.querySelector("#main [role=tab][aria-selected=true]")?.focus();
  };
  const form = (label, fields, save) => kit.form({ label, submit: label, fields: fields.map(kit.field), save });
  const inWords = (error) => {
    throw WORDS[error.code] && !Object.keys(error.fields ?? {}).length ? new kit.Problem(error.code, WORDS[error.code], { status: error.status }) : error;
  };

  /** Return the sign-in, with a message above it. */
  op.signIn = (message, look = "warn") => screen("Sign in", message && kit.banner(message, look),
    form("Sign in", [EMAIL, { name: "password", label: "Password", type: "password", required: true, autocomplete: "current-password", maxlength: 128 }], async (values) => {
      const credentials = { ...values, email: values.email.trim() };
      try {
        await op.session.signIn(credentials);
      } catch (error) {
        if (error.code === "CodeRequired") return show(codeScreen(credentials));
        inWords(error);
      }
      await enter();
    }),
    kit.h("p", { class: "soft" }, "The command make ops ARGS=\"staff add\" adds accounts. With the role support you see everything and change nothing."),
    kit.h("p", null, kit.button("Forgot the password?", () => show(forgottenScreen()), "bare")));

  const codeScreen = (credentials) => screen("Enter your code",
    form("Continue", [CODE], async ({ code }) => {
      await op.session.signIn({ ...credentials, code }).catch(inWords);
      await enter();
    }),
    kit.h("p", null, kit.button("Back", () => show(op.signIn()), "bare")));

  const forgottenScreen = () => screen("Set a new password",
    form("Send the mail", [EMAIL], async ({ email }) => {
      await op.session.open("POST", "accounts/reset", { body: { email: email.trim() } }).catch(inWords);
      show(op.signIn(`If ${email.trim()} has an account, a mail with a link is on its way. The link works for one hour.`, "good"));
    }),
    kit.h("p", null, kit.button("Back", () => show(op.signIn()), "bare")));

  /** Return the form that chooses a password by the token of a mail. */
  op.reset = (token) => screen("Choose a password",
    form("Save", [{ name: "password", label: "New password", type: "password", required: true, autocomplete: "new-password", minlength: 12, maxlength: 128,
      hint: "At least 12 characters; several uncommon words are safer than symbols." }], async ({ password }) => {
      await op.session.open("PUT", "accounts/reset", { body: { token, password } }).catch((error) => {
        if (error.fields?.token) throw new kit.Problem("InvalidLink", WORDS.InvalidLink);
        throw error;
      });
      history.replaceState(null, "", location.pathname);
      show(op.signIn("Your password is saved. Sign in with it.", "good"));
    }));
}
