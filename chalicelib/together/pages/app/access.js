/** The screens without a session, and the links in mails: an invitation and a gift wait for the sign-in. */
tg.showAlone = (...content) => {
  document.getElementById("nav").hidden = document.getElementById("bell").hidden = true;
  document.getElementById("screen").replaceChildren(kit.h("div", { class: "stack narrow" }, content.filter(Boolean)));
  document.querySelector("#screen h1").focus();
};

{
  const { openLink, ...screens } = kit.accounts({
    session: tg,
    brand: "Together",
    intro: "A few words a day, for two. What you write is yours; you decide what your partner sees.",
    show: tg.showAlone,
    start: () => tg.start(),
    signUp: {
      fields: (email, password) => [
        kit.field({ name: "display_name", label: "Your name", hint: "Your partner sees it, and invitations name it.", required: true, maxlength: 50, autocomplete: "nickname" }),
        email, password,
        kit.field({ name: "is_adult", label: "I am at least 18 years old.", type: "checkbox", required: true }),
        kit.field({ name: "accept_terms", label: "I accept the terms of use.", type: "checkbox", required: true }),
      ],
      body: (values) => ({ ...values, timezone: tg.zone }),
    },
  });
  Object.assign(tg, screens);

  /** Show what a link in a mail asks for; returns false if the address has none, or one that needs a session. */
  tg.openLink = () => openLink({ kinds: ["invite", "gift"], other: (kind, token) => { tg.wanted = { kind, token }; } });
}
