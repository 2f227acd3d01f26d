/** App Bridge of the sandbox: session tokens, and a resource picker that lists the sandbox's products. */
(() => {
  const shop = new URLSearchParams(location.search).get("shop"), app = location.pathname.match(/([^/]+)\/app(\/|$)/)[1];
  const read = async (path) => {
    const response = await fetch("SANDBOX_URL/" + shop + "/admin/" + path);
    if (!response.ok) throw new Error("The admin's session has ended.");
    return response;
  };
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  async function resourcePicker({ type, multiple = false, filter = {} }) {
    const { products } = await (await read("products.json")).json();
    const [, number] = /product_id:(\d+)/.exec(filter.query || "") || [];
    const chosen = products.filter((each) => !number || each.id.endsWith("/" + number));
    const resources = type === "variant" ? chosen.flatMap((each) => each.variants) : chosen;
    return new Promise((done) => {
      const kind = multiple ? "checkbox" : "radio";
      const options = resources.map((each) => {
        const input = element("input", { type: kind, name: "resource" });
        input.resource = each;
        const label = element("label", {}, input, " ", each.displayName || each.title);
        label.style.cssText = "display: flex; gap: .6rem; align-items: center; min-height: 44px";
        return label;
      });
      const finish = (selection) => { dialog.remove(); done(selection); };
      const add = element("button", { type: "button", textContent: type === "variant" ? "Select" : "Add", onclick: () => {
        const picked = options.map((label) => label.firstChild).filter((input) => input.checked).map((input) => input.resource);
        finish(Object.assign(picked, { selection: picked }));
      } });
      const cancel = element("button", { type: "button", textContent: "Cancel", onclick: () => finish(undefined) });
      const dialog = element("dialog", { ariaLabel: type === "variant" ? "Select variant" : "Select products", oncancel: () => finish(undefined) },
        ...(options.length ? options : ["Nothing found."]), add, " ", cancel);
      dialog.style.cssText = "padding: 1rem";
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  window.shopify = { idToken: async () => (await read("apps/" + app + "/session-token")).text(), resourcePicker };
})();
