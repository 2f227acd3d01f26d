/** The screens without a session, and the links in mails. */
st.showAlone = (...content) => {
  document.getElementById("nav").hidden = true;
  document.getElementById("screen").replaceChildren(kit.h("div", { class: "stack narrow" }, content.filter(Boolean)));
  document.querySelector("#screen h1").focus();
};

Object.assign(st, kit.accounts({
  session: st,
  brand: "Backroom",
  intro: "Stores, each with a database of its own.",
  show: st.showAlone,
  start: () => st.start(),
  minlength: 12,
  signUp: {
    fields: (email, password) => [
      kit.field({ name: "display_name", label: "Your name", required: true, maxlength: 50, autocomplete: "name" }),
      email, password,
      kit.field({ name: "accept_terms", label: "I accept the terms of use.", type: "checkbox", required: true }),
    ],
    body: (values) => values,
  },
}));
