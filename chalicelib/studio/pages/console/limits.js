/** The limits per visitor, so that one visitor alone cannot use up the month's images. */
const GROUPS = [
  ["customer", "Each customer", "Shoppers who are logged in to your shop."],
  ["guest_address", "Each guest", "Shoppers who are not logged in, by their internet address. People in one household or office often share it."],
  ["all_guests", "All guests together", "Also limits one guest with many addresses. Customers are not counted here."],
];
const ACTIONS = [["previews", "Previews"], ["uploads", "Photos"]];

studio.limits = (panel) => kit.load(panel, () => studio.call("GET", "visitor-limits"), showLimits);

function showLimits({ data: limits, etag: version }) {
  let etag = version;
  const windows = [["day", "in 24 hours"], ["burst", `in ${limits.burst_minutes} minutes`]];
  const field = (group, action, title) => windows.map(([window, span]) => kit.field({ name: `${group}.${action}.${window}`, label: `${title} ${span}`,
    type: "number", min: 1, max: 100000, step: 1, required: true, value: limits[group][action][window] }));
  const form = kit.form({
    label: "Limits per visitor",
    fields: GROUPS.map(([group, title, text]) => kit.h("fieldset", { class: "stack" }, kit.h("legend", null, title), kit.h("p", { class: "soft" }, text),
      ACTIONS.map(([action, name]) => kit.h("div", { class: "columns" }, field(group, action, name))))),
    reload: () => studio.go("limits"),
    save: async (values) => {
      const body = {};
      for (const [name, value] of Object.entries(values)) {
        const [group, action, window] = name.split(".");
        ((body[group] ??= {})[action] ??= {})[window] = value;
      }
      ({ etag } = await studio.call("PUT", "visitor-limits", { body, etag }));
      kit.toast("The limits were saved.");
    },
  });
  return kit.h("div", { class: "stack" }, kit.h("h2", null, "Limits per visitor"),
    kit.h("p", { class: "soft" }, "A shopper above a limit is told when the next photo or preview is possible. The limits apply from the next request."),
    kit.h("div", { class: "card" }, form));
}
