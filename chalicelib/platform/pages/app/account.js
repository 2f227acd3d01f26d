/** The owner's account: name, password, address, devices, deletion. */
{
  const wrong = (name) => (error) => {
    if (["InvalidCredentials", "WrongPassword"].includes(error.code)) throw new kit.Problem("WrongPassword", "", { errors: [{ path: name, message: "The password is wrong." }] });
    throw error;
  };

  st.account = (place) => kit.load(place, () => st.call("GET", "me"), ({ data: me, etag }) => {
    const devices = kit.h("div");
    showDevices(devices);
    return kit.h("div", { class: "stack" },
      st.section("Profile", kit.button("Sign out", kit.act(() => st.signOut())), kit.form({ label: "Profile", reload: () => st.account(place), fields: [
        kit.field({ name: "display_name", label: "Your name", value: me.display_name, required: true, maxlength: 50, autocomplete: "name" }),
      ], save: async (body) => {
        await st.call("PATCH", "me", { etag, body });
        kit.toast("Saved.");
        st.account(place);
      } })),
      st.section("Password", null, kit.form({ label: "Password", submit: "Change the password", fields: [st.passwordField("current_password", "Current password"), st.passwordField("new_password", "New password", true)], save: async (body) => {
        await st.call("PUT", "me/password", { body }).catch(wrong("current_password"));
        kit.toast("The password is changed. Your other devices are signed out.");
        st.account(place);
      } })),
      st.section("E-mail address", me.pending_email && kit.badge("change pending", "warn"), kit.h("p", null, me.email), kit.form({ label: "E-mail address", submit: "Change the address", fields: [
        kit.field({ name: "email", label: "New address", type: "email", required: true, maxlength: 254, autocomplete: "email" }), st.passwordField("password", "Password")], save: async (values) => {
        await st.call("POST", "me/email", { body: { ...values, email: values.email.trim() } }).catch(wrong("password"));
        kit.dialog("Confirm the new address", (close) => [kit.h("p", null, "We sent a mail to the new address. The change happens when you open its link. The old address gets a mail whose link undoes the change."), kit.button("Close", close)]);
        st.account(place);
      } })),
      st.section("Devices", null, devices),
      st.section("Delete the account", null, kit.h("p", null, "An account with stores cannot be deleted: end the stores first."), kit.form({ label: "Delete the account", submit: "Delete my account", look: "danger", fields: [st.passwordField("password", "Password")], save: async (body) => {
        if (!(await kit.confirm("Delete your account?", "You are signed out at once. Sign in within seven days to keep it.", "Delete my account"))) return;
        await st.call("DELETE", "me", { body }).catch(wrong("password"));
        st.user = null;
        st.showSignIn("Your account is closed. Sign in within seven days to keep it.", "good");
      } })));
  });

  const showDevices = (place) => kit.load(place, () => st.read("sessions"), ({ items }) => kit.list(items.map((row) => [
    kit.h("div", { class: "main" }, kit.h("strong", { dir: "auto" }, row.device || "A device"), kit.h("p", { class: "soft" }, `Signed in ${kit.date(row.created_at)}`)),
    row.is_current ? kit.badge("this device", "good") : kit.button("Sign out", kit.act(async () => {
      await st.call("DELETE", "sessions/" + encodeURIComponent(row.id));
      showDevices(place);
    }), "", { "aria-label": "Sign out " + (row.device || "a device") })])));
}
