/** Orders and generations: a gallery with filters, the details of a picture, remake, and the print as a file. */
const STATES = { pending: ["Waiting", "warn"], processing: ["In work", "warn"], completed: ["Done", "good"], failed: ["Failed", "bad"] };
const MOST_TILES = 24;

studio.images = (panel, id) => {
  if (id) return kit.load(panel, () => studio.read("generations/" + id), showImage);
  return kit.load(panel, async () => ({ products: await studio.all("products"), styles: await studio.all("styles") }), showImages);
};

function showImages({ products, styles }) {
  const place = kit.h("div", { class: "stack" });
  const every = ["", "All"];
  const form = kit.h("form", { class: "card columns", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
    kit.field({ name: "generation_type", label: "Kind", tag: "select", options: [every, ["preview", "Previews"], ["final", "Prints of orders"]] }),
    kit.field({ name: "status", label: "State", tag: "select", options: [every, ...Object.entries(STATES).map(([key, [title]]) => [key, title])] }),
    kit.field({ name: "product_id", label: "Product", tag: "select", options: [every, ...products.map((each) => [each.uuid, each.title])] }),
    kit.field({ name: "ai_style_id", label: "Style", tag: "select", options: [every, ...styles.map((each) => [each.uuid, each.name])] }),
    kit.field({ name: "order", label: "Order", inputmode: "numeric", pattern: "[0-9]{1,20}", hint: "The number at the end of the order's address in Shopify." }));
  const filters = () => {
    const { order, ...rest } = kit.values(form);
    return { ...rest, order_id: /^\d{1,20}$/.test(order) ? "gid://shopify/Order/" + order : "" };
  };
  const named = (rows, id) => rows.find((each) => each.uuid === id);
  const tile = (row) => kit.h("li", null, kit.h("button", { type: "button", class: "tile", onclick: () => studio.go("images/" + row.id) },
    kit.picture(row.final_url || row.preview_url, row.status === "completed" ? "" : STATES[row.status][0], renew(row)), kit.badge(...STATES[row.status]),
    kit.h("span", { dir: "auto" }, named(products, row.product_id)?.title || "A product"), kit.h("span", { class: "soft", dir: "auto" }, named(styles, row.ai_style_id)?.name || "A removed style"),
    kit.h("span", { class: "soft" }, (row.order_id ? "Print of order " + studio.number(row.order_id) : "Preview") + ", " + studio.date(row.created_at))));
  const search = () => kit.load(place, () => readTiles(filters(), null), ({ items, cursor }) => {
    if (!items.length) return kit.empty("No pictures here", "Previews and prints appear here as soon as shoppers make them.");
    const tiles = kit.h("ul", { class: "tiles" }, items.map(tile));
    const more = kit.button("Show more", studio.act(async () => {
      const next = await readTiles(filters(), cursor);
      tiles.append(...next.items.map(tile));
      cursor = next.cursor;
      more.hidden = !cursor;
    }));
    more.hidden = !cursor;
    return [tiles, more];
  });
  form.addEventListener("change", search);
  search();
  return kit.h("div", { class: "stack" }, kit.h("h2", null, "Orders and images"), form, place);
}

/** Read until there are enough tiles: with several filters a page of the API may be empty before the last. */
async function readTiles(query, cursor) {
  const items = [];
  do {
    const data = await studio.read("generations", { ...query, cursor, limit: MOST_TILES });
    items.push(...data.items);
    cursor = data.next_cursor;
  } while (cursor && items.length < MOST_TILES);
  return { items, cursor };
}

const renew = (row) => async () => {
  const read = await studio.read("generations/" + row.id);
  return read.final_url || read.preview_url;
};

function showImage(row) {
  const isFinal = row.generation_type === "final";
  const facts = [
    ["Order", isFinal && studio.number(row.order_id)], ["Size", row.final_width && `${row.final_width} × ${row.final_height} px`], ["Made", studio.date(row.created_at)],
    ["Customer", row.customer_id && studio.number(row.customer_id)], ["Image model", row.ai_model_used], ["Prompt", row.ai_prompt_used],
    ["Next attempt", row.next_attempt_at && studio.date(row.next_attempt_at)],
  ].filter(([, value]) => value);
  const remake = studio.act(async () => {
    if (!(await kit.confirm("Make the print again?", "It is made at the present size of its variant. The old file is deleted.", "Make it again"))) return;
    await studio.call("POST", `generations/${row.id}/remake`, { body: {}, key: true });
    kit.toast("The print is being made again.");
    studio.go("images/" + row.id);
  });
  return kit.h("div", { class: "stack" }, kit.h("p", null, studio.back("Orders and images", "images")),
    kit.h("div", { class: "row apart" }, studio.heading(isFinal ? "Print of order " + studio.number(row.order_id) : "Preview"), kit.badge(...STATES[row.status])),
    row.error_message && kit.banner(row.error_message, row.status === "failed" ? "bad" : "warn"),
    kit.h("div", { class: "card stack" },
      (row.final_url || row.preview_url) && kit.h("img", { class: "large", src: row.final_url || row.preview_url, alt: isFinal ? "The print" : "The preview" }),
      kit.h("div", { class: "row" }, row.final_download_url && kit.h("a", { class: "button primary", href: row.final_download_url }, "Download the print"),
        isFinal && ["completed", "failed"].includes(row.status) && kit.button("Make it again", remake),
        ["pending", "processing"].includes(row.status) && kit.button("Look again", () => studio.go("images/" + row.id))),
      kit.h("dl", null, facts.flatMap(([name, value]) => [kit.h("dt", null, name), kit.h("dd", { dir: "auto" }, value)]))));
}
