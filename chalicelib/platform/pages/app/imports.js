/** The import of a CSV file: its options, the upload, and the start of the import. */
{
  const MAX_BYTES = 100e6;
  const MODES = [["insert", "Add new rows; reject those that exist"], ["upsert", "Add new rows and change those that exist"]];
  const EXPORT_ONLY = ["orders", "order_items"];
  const canImport = (table) => !EXPORT_ONLY.includes(table.name) && table.columns.some((column) => !column.is_read_only);

  st.import = (place, store, name) => {
    const call = st.dataOf(store);
    return kit.load(place, async () => (await call("GET", "schema")).data, (schema) => {
      const tables = schema.tables.filter(canImport);
      const columns = kit.h("p", { class: "soft" });
      const list = (table) => { columns.textContent = `Columns: ${tables.find((each) => each.name === table).columns.filter((column) => !column.is_read_only).map((column) => column.name).join(", ")}.`; };
      const choice = kit.field({ name: "table", label: "Table", tag: "select", options: tables.map((each) => [each.name, each.name.replaceAll("_", " ")]), value: (tables.find((each) => each.name === name) ?? tables.find((each) => each.name === "products") ?? tables[0]).name });
      const select = choice.querySelector("select");
      select.addEventListener("change", () => list(select.value));
      list(select.value);
      const frame = kit.h("div");
      const form = kit.form({ label: "Import", submit: "Import", fields: [choice, columns,
        kit.field({ name: "file", label: "CSV file", type: "file", accept: ".csv,text/csv", required: true, hint: "UTF-8, with the names of the columns in the first line. At most 100 MB and a million rows." }),
        kit.field({ name: "mode", label: "Rows", tag: "select", options: MODES }),
        kit.field({ name: "dry_run", label: "Only check the file. Nothing is written.", type: "checkbox" }),
      ], save: (values) => send({ store, call, frame, form }, values) });
      frame.append(kit.h("div", { class: "card" }, form));
      return kit.h("div", { class: "stack" }, st.back(`store/${store}/csv`, "CSV files"), frame);
    });
  };

  const wrongFile = (message) => new kit.Problem("Invalid", "", { errors: [{ path: "file", message }] });

  /** Upload the file and start its import. If the upload fails, the form is shown again with its values. */
  async function send({ store, call, frame, form }, { file, ...values }) {
    if (file.size > MAX_BYTES) throw wrongFile("The file is larger than 100 MB. Split it into several.");
    if (!file.size) throw wrongFile("The file is empty.");
    const { data: row } = await call("POST", "transfers", { key: true, body: { kind: "import", ...values } });
    const before = frame.firstChild;
    const card = kit.h("div", { class: "card stack" });
    frame.replaceChildren(card);
    const outcome = await upload(card, row.upload, file);
    if (outcome === "sent") {
      await call("POST", `transfers/${encodeURIComponent(row.id)}/start`, { repeatable: true });
      if (card.isConnected) location.hash = `store/${store}/csv/${row.id}`;
      return;
    }
    frame.replaceChildren(before);
    await call("POST", `transfers/${encodeURIComponent(row.id)}/cancel`, { repeatable: true }).catch(() => {}); // it ends by itself, too
    if (outcome === "lost") throw new kit.Problem("UploadFailed", "The upload failed. Please try again.");
    form.querySelector("button").focus();
  }

  /** Show and run the upload; resolves to `sent`, `lost` or `canceled`. Only XMLHttpRequest reports upload progress. */
  const upload = (card, { url, fields }, file) => new Promise((done) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("file", file);
    const request = new XMLHttpRequest();
    const bar = kit.h("progress", { max: 1, value: 0, "aria-label": "Progress" });
    const words = kit.h("p", { class: "soft" }, `0 bytes of ${st.bytes(file.size)}`);
    const title = kit.h("h2", { tabindex: -1 }, "Sending the file");
    card.replaceChildren(title, bar, words, kit.button("Cancel", () => request.abort()));
    title.focus();
    request.upload.onprogress = (event) => {
      bar.value = event.total ? event.loaded / event.total : 0;
      words.textContent = `${st.bytes(Math.min(event.loaded, file.size))} of ${st.bytes(file.size)}`;
    };
    request.onload = () => done(request.status >= 200 && request.status < 300 ? "sent" : "lost");
    request.onerror = () => done("lost");
    request.onabort = () => done("canceled");
    request.open("POST", url);
    request.send(body);
  });
}
