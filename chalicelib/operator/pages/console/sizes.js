/** Sizes of tables, as DynamoDB reports them, and of the two buckets, counted on demand. */
op.sizes = (panel) => kit.load(panel, () => op.read("tables"), ({ items }) => kit.h("div", { class: "stack" }, op.heading("Sizes"),
  kit.h("div", { class: "columns" }, bucketCard("images", "Images bucket"), bucketCard("archive", "Archive bucket")),
  kit.table("Tables; DynamoDB updates these numbers every six hours", [
    ["Table", (row) => kit.h("code", null, row.table)], ["Rows", (row) => op.number(row.rows), "number"], ["Size", (row) => op.bytes(row.bytes), "number"],
  ], [...items].sort((a, b) => b.bytes - a.bytes || a.table.localeCompare(b.table)))));

function bucketCard(bucket, title) {
  const result = kit.h("p", { role: "status" }, "Not counted yet.");
  const count = kit.act(async () => {
    let objects = 0;
    let bytes = 0;
    let cursor = null;
    do {
      const part = await op.read("buckets/" + bucket, { cursor });
      objects += part.objects;
      bytes += part.bytes;
      cursor = part.next_cursor;
      result.textContent = `${op.number(objects)} objects, ${op.bytes(bytes)}${cursor ? " so far…" : ""}`;
    } while (cursor && result.isConnected);
  });
  return kit.h("section", { class: "card stack tight", "aria-label": title }, kit.h("h3", null, title), result, kit.h("p", null, kit.button("Count", count, "", { "aria-label": "Count the " + title.toLowerCase() })));
}
